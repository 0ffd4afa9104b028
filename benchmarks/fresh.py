"""Counting in fresh processes: one prompt, and libraries of 100 to 10,000 prompts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from base64 import b64encode
from hashlib import sha1
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.loading import write_library
from benchmarks.rounds import Row, interleaved, rows
from promptkit.tokens.vocabulary import VOCABULARIES, packed

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parent.parent
PROMPT = "support/triage"
STOCK = "tiktoken, in a script"
SCRIPT = "promptkit.tokens.count, in a script"
FILES = "promptkit tokens FILE..."
NAMED = f"promptkit tokens {PROMPT} --variant base"
SIZES = (100, 1_000, 10_000)
AGAIN = f"{NAMED}, again"
LIMITS = {SCRIPT: 0.25, FILES: 0.25, AGAIN: 0.25}  # NAMED has none: it reads a library and parses templates too

TIKTOKEN = """
import sys, tiktoken
codec = tiktoken.get_encoding("o200k_base")
texts = (open(path, encoding="utf-8", newline="").read() for path in sys.argv[1:])
print(sum(len(codec.encode_ordinary(text)) for text in texts))
"""
COUNT = """
import sys
from promptkit.tokens import count
texts = (open(path, encoding="utf-8", newline="").read() for path in sys.argv[1:])
print(sum(count(text, "o200k_base") for text in texts))
"""
COMMAND = "from promptkit.cli import main; main()"  # what the installed `promptkit` runs
WHOLE = """
import resource, sys, time
import promptkit
from promptkit.render import samples
library = promptkit.load(sys.argv[1])
tokens = sum(prompt.render(samples(prompt["base"])).count("o200k_base").tokens for prompt in library.values())
if sys.platform == "linux":  # where ru_maxrss of a new process begins with that of its parent
    peak = next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))
else:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (2**10 if sys.platform == "darwin" else 1)
print(tokens, time.process_time(), peak // 2**10)
"""


def fill_cache(folder: Path) -> None:
    """What tiktoken would have downloaded, under the names that it looks for."""
    for name in VOCABULARIES:
        lines = (b"%s %d\n" % (b64encode(token), rank) for token, rank in packed(name).ranks().items())
        url = f"https://openaipublic.blob.core.windows.net/encodings/{name}.tiktoken"
        (folder / sha1(url.encode()).hexdigest()).write_bytes(b"".join(lines))


def output(*arguments: str) -> str:
    """What Python prints with these arguments."""
    return subprocess.run([sys.executable, *arguments], stdout=subprocess.PIPE, check=True, text=True).stdout


def one_prompt(rounds: int, folder: Path) -> list[Row]:
    """The messages of one prompt of templates/, each a file, counted by a process that starts for them."""
    import promptkit
    from promptkit.render import samples

    prompt = promptkit.load(ROOT / "templates")[PROMPT]
    files = []
    for number, message in enumerate(prompt.render(samples(prompt["base"])).messages, 10):
        files.append(str(folder / f"{number}.txt"))
        Path(files[-1]).write_bytes(message.content.encode())
    fill_cache(folder)
    os.environ["TIKTOKEN_CACHE_DIR"] = str(folder)  # inherited by every process here
    os.environ["XDG_CACHE_HOME"] = os.environ["LOCALAPPDATA"] = str(folder)
    command = ("-c", COMMAND, "tokens", "--format", "json")
    named = (*command, PROMPT, "--variant", "base", "--library", str(ROOT / "templates"), "--model", "o200k_base")
    ways: dict[str, Callable[[], str]] = {
        STOCK: lambda: output("-c", TIKTOKEN, *files),
        SCRIPT: lambda: output("-c", COUNT, *files),
        FILES: lambda: output(*command, "--no-cache", *files),
        NAMED: lambda: output(*named, "--no-cache"),
        AGAIN: lambda: output(*named),
    }
    tokens = int(ways[STOCK]())
    assert int(ways[SCRIPT]()) == tokens
    for way in (FILES, NAMED, AGAIN):
        assert sum(row["tokens"] for row in json.loads(ways[way]())["rows"]) == tokens, way
    return rows("one prompt, a fresh process", interleaved(ways, rounds, round_s=0), STOCK, LIMITS)


def growth(folder: Path) -> list[Row]:
    """CPU time and memory of opening a library and counting every prompt, by their number. Once each: it takes long."""
    seconds: dict[str, list[float]] = {}
    for size in SIZES:
        root = folder / str(size)
        write_library(root, size)
        _, used, peak = output("-c", WHOLE, str(root)).split()
        seconds[f"{size:,} prompts, {peak} MB"] = [float(used)]
    least, *more = seconds
    limits = {way: 1.2 * size / SIZES[0] for way, size in zip(more, SIZES[1:], strict=True)}
    return rows("open a library and count every prompt", seconds, least, limits)


def measure(rounds: int) -> list[Row]:
    """Both, in a temporary folder."""
    with tempfile.TemporaryDirectory() as folder:
        return one_prompt(rounds, Path(folder)) + growth(Path(folder))
