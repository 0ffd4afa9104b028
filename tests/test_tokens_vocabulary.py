from __future__ import annotations

import hashlib
import importlib.util
import os
import pickle
import shutil
import subprocess
import sys
from base64 import b64encode
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import tiktoken.registry
from tiktoken_ext import openai_public  # type: ignore[import-untyped]  # tiktoken ships it untyped

from promptkit import errors
from promptkit.tokens import vocabulary
from promptkit.tokens.vocabulary import VOCABULARIES, encoding, expected_sha256, packed

if TYPE_CHECKING:
    from types import ModuleType

NAMES: tuple[vocabulary.EncodingName, ...] = ("o200k_base", "cl100k_base")
ROOT = Path(__file__).parent.parent


def load(path: Path) -> ModuleType:
    """The module at `path`, apart from the one that is imported."""
    spec = importlib.util.spec_from_file_location(f"copy_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def tiktoken_text(name: vocabulary.EncodingName) -> bytes:
    return b"".join(b"%s %d\n" % (b64encode(token), rank) for token, rank in packed(name).ranks().items())


def copied(tmp_path: Path) -> ModuleType:
    for file in Path(vocabulary.__file__).parent.glob("*.packed"):
        shutil.copy(file, tmp_path)
    return load(Path(shutil.copy(vocabulary.__file__, tmp_path)))


def test_every_bundled_name_is_tested() -> None:
    assert set(NAMES) == set(VOCABULARIES)


@pytest.mark.parametrize("name", NAMES)
def test_the_packed_vocabulary_is_the_one_that_tiktoken_expects(name: vocabulary.EncodingName) -> None:
    assert hashlib.sha256(tiktoken_text(name)).hexdigest() == expected_sha256(name) == VOCABULARIES[name].tiktoken


@pytest.mark.parametrize("name", NAMES)
def test_the_encoding_is_the_one_that_tiktoken_would_download(
    name: vocabulary.EncodingName, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"https://openaipublic.blob.core.windows.net/encodings/{name}.tiktoken"
    (tmp_path / hashlib.sha1(url.encode()).hexdigest()).write_bytes(tiktoken_text(name))
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path))
    stock = getattr(openai_public, name)()
    assert encoding(name).__getstate__() == stock


@pytest.mark.parametrize("name", NAMES)
def test_a_packed_vocabulary_knows_every_token_and_no_other(name: vocabulary.EncodingName) -> None:
    found, ranks = packed(name), packed(name).ranks()
    assert list(found.lengths) == list(map(len, ranks))
    assert [found.rank(token) for token in ranks] == list(ranks.values())
    others = {token[1:] + token[:1] for token in ranks} - ranks.keys() | {b"", b"\0" * 200}
    assert len(others) > 50_000
    assert {found.rank(token) for token in others} == {None}


@pytest.mark.parametrize("name", NAMES)
def test_every_token_is_a_byte_or_two_tokens_end_to_end(name: vocabulary.EncodingName) -> None:
    ranks = packed(name).ranks()
    pairs = (any(token[:cut] in ranks and token[cut:] in ranks for cut in range(1, len(token))) for token in ranks)
    assert [token for token, paired in zip(ranks, pairs, strict=True) if not paired and len(token) > 1] == []
    assert all(bytes([byte]) in ranks for byte in range(256))


@pytest.mark.parametrize("name", NAMES)
def test_the_script_packs_the_committed_file(name: vocabulary.EncodingName) -> None:
    script = load(ROOT / "scripts" / "build_vocab.py")
    path = Path(vocabulary.__file__).with_name(f"{name}.packed")
    assert script.packed(tiktoken_text(name)) == path.read_bytes()


def test_an_encoding_is_loaded_once_and_is_not_registered() -> None:
    assert encoding("o200k_base") is encoding("o200k_base")
    assert all(known is not encoding("o200k_base") for known in tiktoken.registry.ENCODINGS.values())


def test_an_encoding_pickles_by_value_so_that_a_worker_downloads_nothing() -> None:
    copy = pickle.loads(pickle.dumps(encoding("cl100k_base")))
    assert copy is not encoding("cl100k_base")
    assert copy.encode_ordinary("one two") == encoding("cl100k_base").encode_ordinary("one two")


def test_a_name_that_is_not_bundled_is_refused() -> None:
    with pytest.raises(errors.VocabularyError) as caught:
        encoding("p50k_base")
    assert str(caught.value) == "no vocabulary 'p50k_base' is bundled; did you mean 'o200k_base'?"


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda content: b"", id="empty"),
        pytest.param(lambda content: content[:-1], id="cut short"),
        pytest.param(lambda content: content[:-1] + bytes([content[-1] ^ 1]), id="one bit"),
        pytest.param(lambda content: b"version https://git-lfs\n", id="a pointer"),
    ],
)
def test_a_damaged_vocabulary_is_refused_in_one_line(damage: object, tmp_path: Path) -> None:
    module = copied(tmp_path)
    path = tmp_path / "cl100k_base.packed"
    assert callable(damage)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(errors.VocabularyError) as caught:
        module.encoding("cl100k_base")
    assert str(caught.value) == f"{path}: the vocabulary is damaged; reinstall promptkit"


def test_a_missing_vocabulary_is_refused_in_one_line(tmp_path: Path) -> None:
    module = copied(tmp_path)
    path = tmp_path / "cl100k_base.packed"
    path.unlink()
    with pytest.raises(errors.VocabularyError) as caught:
        module.encoding("cl100k_base")
    assert str(caught.value) == (f"{path}: cannot read the vocabulary: No such file or directory; reinstall promptkit")


def test_a_tiktoken_with_another_vocabulary_is_refused(tmp_path: Path) -> None:
    module = copied(tmp_path)
    vars(module)["VOCABULARIES"] = {"cl100k_base": replace(VOCABULARIES["cl100k_base"], tiktoken="0")}
    with pytest.raises(errors.VocabularyError, match="expects another vocabulary than the bundled one"):
        module.encoding("cl100k_base")


def test_importing_and_naming_do_not_load_what_only_counting_needs() -> None:
    program = (
        "import sys, promptkit.tokens as t\n"
        "assert 'tiktoken' not in sys.modules\n"
        "assert t.tokenizer_for('o200k_base').basis == 'exact'\n"
        "assert 'tiktoken' not in sys.modules\n"
        "from promptkit.tokens.vocabulary import encoding\n"
        "assert t.tokenizer_for('gpt-4.1-mini').encoding == 'o200k_base'\n"
        "assert encoding.cache_info().currsize == 0\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=ROOT)


def test_counting_needs_no_network_and_no_cache(tmp_path: Path) -> None:
    program = (
        "import socket\n"
        "def refuse(*args, **kwargs): raise AssertionError('network')\n"
        "socket.socket.connect = socket.getaddrinfo = socket.create_connection = refuse\n"
        "from promptkit.tokens import count, split\n"
        "for name in ('o200k_base', 'cl100k_base'):\n"
        "    print(count('one two three', name), split(['one', ' two three'], name))\n"
    )
    unshare = shutil.which("unshare")
    alone = (
        [unshare, "-rn"] if unshare and subprocess.run([unshare, "-rn", "true"], check=False).returncode == 0 else []
    )
    done = subprocess.run(
        [*alone, sys.executable, "-c", program],
        check=True,
        cwd=ROOT,
        env={"HOME": str(tmp_path), "TMPDIR": str(tmp_path), "TIKTOKEN_CACHE_DIR": str(tmp_path), "PATH": os.defpath},
        capture_output=True,
        text=True,
    )
    assert done.stdout == "3 (1, 2)\n3 (1, 2)\n"
    assert not list(tmp_path.iterdir())
