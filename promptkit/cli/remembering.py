"""Earlier runs, printed again where nothing that they rest on has changed.

A run is kept under its question: its words and what these name on disk, as it is before and after the run; the folder,
the terminal, the day; promptkit and all that is installed. With what it printed stand the files and folders of the
library that it asked for, and one digest of the answers, made of the very bytes that it worked with. The next run with
that question asks for the same again, by the same code with the same limits, and prints what is kept if the digest is
the same. The time and size of a file play no part, so a changed file cannot give an old answer, and neither can one
that changes while it is read.

What a run printed is kept; no text of a prompt is, nor a value that it was given.
"""

from __future__ import annotations

import gc
import json
import os
import stat
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, TextIO, TypeVar

from promptkit import caches
from promptkit.caches import blake2b
from promptkit.cli.limits import guarded
from promptkit.cli.output import copied, echo, prepare_streams
from promptkit.errors import PromptkitError
from promptkit.trees import MAX_DATA_BYTES, Folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

T = TypeVar("T")
Question = tuple[str, ...]

NEVER = frozenset({"--no-cache", "--remote", "--help", "-h"})
ENVIRONMENT = ("PROMPTKIT_", "TIKTOKEN_", "DATA_GYM_", "COLUMNS", "LINES", "NO_COLOR", "TERM", "TZ")  # names begin so
LIBRARY = ("promptkit.yaml", "prompts", "blocks", "prompts/promptkit.yaml", "blocks/promptkit.yaml")
FOLDER = frozenset({"paths", "top", "exists", "read"})  # the questions that a library's folder answers
PREFIX = "answer-"
MAX_FILES = 64
MAX_BYTES = 64_000_000
NOTHING = 0  # no kind of file has this number
MAX_PARTS = 16  # of one word; a run with a word of more is not kept
DONE = (0, 1)  # the exit codes that are kept: 2 may rest on a limit of time or memory, which is this moment's


class Asked:
    """What a run asked for, each once, with the digest of what it got."""

    def __init__(self) -> None:
        self.answers: dict[Question, bytes] = {}
        self.steady = True  # False where one question got two answers

    def note(self, question: Question, answer: object) -> None:
        """One question and its answer."""
        digest = _digest(answer)
        self.steady &= self.answers.setdefault(question, digest) == digest


_asked: Asked | None = None  # set while a run may be kept
_place: tuple[Path, str] | None = None  # the folder and the world, set while anything may be


def answered(words: Sequence[str], work: Callable[[], int]) -> int:
    """The exit code of the command line `words`: from memory with all that it prints, else by `work` under limits.

    Asking files again needs no limits but those of reading them. `--no-cache` leaves the disk out of it.
    """
    folder = None if "--no-cache" in words else caches.folder()
    if folder is None:
        return guarded(work)
    world = caches.world()
    question = _question(words, world)
    path = folder / f"{PREFIX}{question}"
    if question is not None and (kept := caches.read(path, MAX_BYTES)) is not None:
        code = _repeated(kept)
        if code is not None:
            gc.freeze()  # the process ends: looking through all of this for garbage would be a tenth of the run
            return code

    def anew() -> int:
        from promptkit.tokens import store  # here: a run that is remembered counts nothing

        global _place
        _place = folder, world
        store.switch_on(folder, world)
        try:
            if question is None:
                return work()
            code, content = _kept(work)
            if content is not None and question == _question(words, caches.world()):
                caches.write(path, content, PREFIX, MAX_FILES, MAX_BYTES)
            return code
        finally:
            store.switch_off()
            _place = None

    return guarded(anew)


def file_of(prefix: str, *parts: str) -> Path | None:
    """The file for what a command keeps by itself, of these parts; None where nothing is to be kept."""
    if _place is None:
        return None
    folder, world = _place
    return folder / f"{prefix}{blake2b(ascii((world, parts)).encode(), digest_size=16).hexdigest()}"


def told(question: Question, work: Callable[[], T]) -> T:
    """The answer of `work`, which is that to `question`; noted where the run may be kept."""
    if _asked is None:
        return work()
    try:
        answer = work()
    except PromptkitError as error:
        _asked.note(question, error)
        raise
    _asked.note(question, answer)
    return answer


class Told:
    """A library's folder whose every answer is noted."""

    def __init__(self, root: str | Path) -> None:
        self._folder = Folder(root)
        self.root = self._folder.root

    def paths(self, folder: str, suffixes: tuple[str, ...]) -> list[str]:
        """As Folder has it."""
        return told(("paths", self.root, folder, *suffixes), lambda: self._folder.paths(folder, suffixes))

    def top(self) -> list[str]:
        """As Folder has it."""
        return told(("top", self.root), self._folder.top)

    def exists(self, path: str) -> bool:
        """As Folder has it."""
        return told(("exists", self.root, path), lambda: self._folder.exists(path))

    def read(self, path: str) -> bytes:
        """As Folder has it."""
        return told(("read", self.root, path), lambda: self._folder.read(path))


def _kept(work: Callable[[], int]) -> tuple[int, bytes | None]:
    """The exit code of `work`, and what is to be kept of it."""
    global _asked
    _asked = asked = Asked()
    try:
        with copied() as printed:
            code = work()
    finally:
        _asked = None
    if code not in DONE or not asked.steady:
        return code, None
    kept = {"code": code, "printed": printed, "asked": list(asked.answers), "digest": _joined(asked.answers.values())}
    return code, json.dumps(kept, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def _repeated(content: bytes) -> int | None:
    """The exit code of what is kept, now printed; None where one of its questions has another answer by now."""
    kept = json.loads(content.decode("utf-8", "surrogatepass"))
    folders = {root: Folder(root) for root in {place for kind, place, *_ in kept["asked"] if kind in FOLDER}}
    digests = []
    for kind, place, *rest in kept["asked"]:
        try:
            digests.append(_digest(_answer(kind, folders[place] if kind in FOLDER else place, rest)))
        except PromptkitError as error:
            digests.append(_digest(error))
        except OSError:
            return None
    if _joined(digests) != kept["digest"]:
        return None
    prepare_streams()
    for text, err in kept["printed"]:
        echo(text, err=err, end="")
    code: int = kept["code"]
    return code


def _answer(kind: str, place: Folder | str, rest: list[str]) -> object:
    """What `told` was once given as the answer to such a question, as it is now."""
    if isinstance(place, Folder):
        if kind == "read":
            return place.read(rest[0])
        if kind == "exists":
            return place.exists(rest[0])
        return place.top() if kind == "top" else place.paths(rest[0], tuple(rest[1:]))
    from promptkit.cli import plain  # here: most runs name no plain file

    return plain.files(Path(place)) if kind == "files" else plain.text(Path(place))


def _joined(digests: Iterable[bytes]) -> str:
    return blake2b(b"".join(digests), digest_size=32).hexdigest()


def _digest(answer: object) -> bytes:
    if isinstance(answer, bytes):
        return blake2b(answer, digest_size=32, person=b"bytes").digest()
    if isinstance(answer, str):
        return blake2b(answer.encode("utf-8", "surrogatepass"), digest_size=32, person=b"text").digest()
    what = f"{type(answer).__name__} {answer}" if isinstance(answer, PromptkitError) else answer
    return blake2b(ascii(what).encode(), digest_size=32, person=b"value").digest()


def _question(words: Sequence[str], world: str) -> str | None:
    """The name of all that a run depends on beside the files that it asks for; None for one that is not kept.

    Any word may name a file or folder, and so may any part of it after an equals sign.
    """
    if not NEVER.isdisjoint(words):
        return None
    seen: list[object] = [list(words), world, time.localtime()[:3]]
    seen += sorted(pair for pair in os.environ.items() if pair[0].startswith(ENVIRONMENT))
    known: dict[Path, object] = {}
    try:
        seen += [_terminal(sys.stdout), _terminal(sys.stderr)]
        here = Path.cwd()
        for name in ("", "templates", *dict.fromkeys(part for word in words for part in _parts(word))):
            if name == "-":  # standard input
                return None
            seen.append(_place_of(here / name, known))
    except (OSError, RuntimeError, ValueError):  # such as a folder that is gone, a circle of links, a closed stream
        return None
    return blake2b(ascii(seen).encode(), digest_size=16).hexdigest()


def _parts(word: str) -> list[str]:
    """The word, and what follows each of its equals signs. Raises ValueError where these are too many to look at."""
    if word.count("=") >= MAX_PARTS:
        raise ValueError("too many equals signs")
    return [word, *(word[place + 1 :] for place, letter in enumerate(word) if letter == "=")]


def _place_of(path: Path, known: dict[Path, object]) -> object:
    """What a path leads to: where it is, which libraries it is in, and what a file holds."""
    kind = _kind(path)
    if kind == NOTHING:
        return NOTHING
    real = path.resolve()
    for folder in (real, *real.parents):
        if folder not in known:
            known[folder] = [_kind(folder / name) for name in LIBRARY]
    content = _digest(_content(real)) if kind == stat.S_IFREG else None
    return str(real), kind, content, [known[folder] for folder in (real, *real.parents)]


def _kind(path: Path) -> int:
    """Which kind of thing is at a path, links followed."""
    try:
        return stat.S_IFMT(path.stat().st_mode)
    except OSError:
        return NOTHING


def _terminal(stream: TextIO | None) -> object:
    """What a stream is, as far as the output depends on it: None if closed, False, or the size of the terminal."""
    return stream and stream.isatty() and os.get_terminal_size(stream.fileno())


def _content(path: Path) -> bytes:
    """The bytes of a file that a word names. Raises ValueError for one that is larger than any that is counted."""
    with os.fdopen(
        os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)), "rb"
    ) as file:
        content = file.read(MAX_DATA_BYTES + 1)
    if len(content) > MAX_DATA_BYTES:
        raise ValueError("too large")
    return content
