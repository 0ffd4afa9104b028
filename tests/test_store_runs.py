"""Runs of `promptkit tokens` that are remembered, as processes: what a second run prints, and what makes it work anew."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from promptkit import caches

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ROOT = Path(__file__).parent.parent
FILES: Mapping[str, str | bytes] = {
    "promptkit.yaml": "models: [gpt-4.1-mini]\n",
    "blocks/role/agent.md": "You are an agent of {{ company }}.",
    "partials/house.md": "Be brief.\n",
    "schemas/answer.json": '{"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}',
    "examples/some.yaml": '- inputs: {q: "One?"}\n  output: "1"\n',
    "prompts/one.yaml": """inputs:
  company: {type: string, default: Acme}
  q: {type: string, sample: Why?}
blocks:
  - use: role/agent
  - instructions: 'Answer. {% include "house" %}'
  - examples: {from: examples/some.yaml}
  - user: "{{ q }}"
variants:
  bare: {drop: [examples]}
""",
    "prompts/two.yaml": "blocks:\n  - system: Say hello.\n  - user: Hello\n",
}


class Ran(NamedTuple):
    code: int
    out: bytes
    err: bytes


class Home:
    """A user with a library, and a cache folder of their own."""

    def __init__(self, folder: Path) -> None:
        self.library = folder / "library"
        self.cache = folder / "cache"
        self.folder = folder
        write(self.library, FILES)
        self.cache.mkdir()

    def start(self, *words: str, cwd: Path | None = None, before: tuple[str, ...] = ()) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [*before, sys.executable, "-m", "promptkit", "tokens", *words],
            cwd=cwd or self.library,
            env={**os.environ, "XDG_CACHE_HOME": str(self.cache), "LOCALAPPDATA": str(self.cache)},
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def run(self, *words: str, cwd: Path | None = None, before: tuple[str, ...] = ()) -> Ran:
        with self.start(*words, cwd=cwd, before=before) as process:
            out, err = process.communicate(timeout=60)
            return Ran(process.returncode, out, err)

    def kept(self, prefix: str = "answer-") -> list[Path]:
        return [path for path, _ in caches.files(self.cache / "promptkit", prefix)]

    def answers(self) -> dict[str, tuple[int, int]]:
        """The answers that are kept; a run that works anew replaces its own."""
        return {path.name: (path.stat().st_ino, path.stat().st_mtime_ns) for path in self.kept()}

    def remembered(self, *words: str, cwd: Path | None = None) -> Ran:
        """A run that is answered from memory."""
        before = self.answers()
        ran = self.run(*words, cwd=cwd)
        assert self.answers() == before != {}
        return ran

    def worked_out(self, *words: str, cwd: Path | None = None) -> Ran:
        """A run that is not, and prints what one without memory prints."""
        before = self.answers()
        ran = self.run(*words, cwd=cwd)
        assert ran == self.run(*words, "--no-cache", cwd=cwd)
        if ran.code != 2:
            assert self.answers() != before
        return ran


def write(root: Path, files: Mapping[str, str | bytes]) -> None:
    for path, content in files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.encode() if isinstance(content, str) else content)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def tokens(ran: Ran) -> dict[tuple[str, str], int]:
    return {(row["prompt"], row["variant"]): row["tokens"] for row in json.loads(ran.out)["rows"]}


# The same again.


@pytest.mark.parametrize(
    "words",
    [
        pytest.param([], id="table"),
        pytest.param(["--format", "json"], id="json"),
        pytest.param(["one", "--by", "line", "-i", "company=Müller & Söhne", "--model", "gpt-4"], id="one"),
        pytest.param(["--check", "--variant", "base", "--model", "gpt-4o", "--model", "claude-3"], id="models"),
    ],
)
def test_a_second_run_prints_the_same(words: list[str], home: Home) -> None:
    first = home.worked_out(*words)
    assert home.remembered(*words) == first
    assert first.code == 0


@pytest.mark.parametrize("form", ["table", "json"])
def test_a_second_run_over_templates_prints_the_same(form: str, home: Home) -> None:
    words = ("--library", str(ROOT / "templates"), "--format", form, "--by", "input")
    first = home.worked_out(*words)
    assert home.remembered(*words) == first


def test_exit_codes_and_remarks_are_remembered(home: Home) -> None:
    write(
        home.library,
        {"prompts/three.yaml": "budget: {max_tokens: 1}\nblocks: [{system: Be brief.}, {user: '{{ x }}'}]\n"},
    )
    write(home.library, {"prompts/four.yaml": "budget: {max_tokens: 1}\nblocks: [{system: Be brief.}]\n"})
    first = home.worked_out()
    assert (first.code, b"three: not counted" in first.err) == (0, True)
    assert home.remembered() == first
    first = home.worked_out("four", "--check")
    assert (first.code, b"over budget" in first.out) == (1, True)
    assert home.remembered("four", "--check") == first


def test_what_could_not_be_done_is_tried_again(home: Home) -> None:
    write(home.library, {"prompts/broken.yaml": "blocks: [{use: role/nobody}]\n"})
    assert home.worked_out().code == 2
    assert home.kept() == []


def test_plain_files_and_folders_are_remembered(home: Home) -> None:
    outside = home.folder / "texts"
    write(outside, {"a.md": "One two.", "b/c.txt": "Three.", "b/d.bin": b"\0"})
    first = home.worked_out(str(outside), cwd=home.folder)
    assert home.remembered(str(outside), cwd=home.folder) == first
    (outside / "b/c.txt").write_text("Three, four.")
    second = home.worked_out(str(outside), cwd=home.folder)
    assert second != first
    (outside / "e.md").write_text("Five.")
    assert home.worked_out(str(outside), cwd=home.folder) != second


# What changes the answer.

CHANGES: dict[str, Callable[[Path], object]] = {
    "block": lambda root: (root / "blocks/role/agent.md").write_text("You are a patient agent of {{ company }}."),
    "partial": lambda root: (root / "partials/house.md").write_text("Be very brief.\n"),
    "model": lambda root: (root / "promptkit.yaml").write_text("models: [gpt-4.1-nano]\n"),
    "examples": lambda root: (root / "examples/some.yaml").write_text(
        '- inputs: {q: "Two, or three?"}\n  output: "22"\n'
    ),
    "added-prompt": lambda root: write(root, {"prompts/new.yaml": "blocks: [{system: New.}]\n"}),
    "removed-prompt": lambda root: (root / "prompts/two.yaml").unlink(),
    "renamed-prompt": lambda root: (root / "prompts/two.yaml").rename(root / "prompts/deux.yaml"),
    "linked-block": lambda root: link(root / "blocks/role/agent.md", root / "partials/house.md"),
    "removed-configuration": lambda root: (root / "promptkit.yaml").unlink(),
    "unreadable-prompt": lambda root: (root / "prompts/two.yaml").write_bytes(b"\xff\xfe"),
}


def link(path: Path, target: Path) -> None:
    path.unlink()
    path.symlink_to(target)


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_seen(change: str, home: Home) -> None:
    """With the times of all files and folders set back, and the size kept where it can be."""
    words = ("--library", str(home.library), "--by", "block")
    first = home.run(*words, cwd=home.folder)
    times = {path: path.stat() for path in (home.library, *home.library.rglob("*"))}
    CHANGES[change](home.library)
    for path, status in times.items():
        if path.exists():
            os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    second = home.worked_out(*words, cwd=home.folder)
    assert second != first


def test_the_file_of_inputs_and_the_folder_count(home: Home) -> None:
    inputs = home.folder / "inputs.json"
    inputs.write_text('{"q": "Short?"}')
    words = ("one", "--inputs", str(inputs))
    first = home.run(*words)
    assert home.remembered(*words) == first
    inputs.write_text('{"q": "Long and longer?"}')
    assert home.worked_out(*words) != first
    (home.library / "prompts/promptkit.yaml").touch()
    assert home.worked_out("one", cwd=home.library / "prompts").code == 2


def test_standard_input_is_not_remembered(home: Home) -> None:
    done = [home.run("one", "--inputs", "-") for _ in range(2)]
    assert done[0] == done[1]
    assert home.kept() == []


# What can be wrong with the folder. Each run is as it would be without one.


def garbled(content: bytes, chance: random.Random) -> bytes:
    place = chance.randrange(len(content))
    how = chance.randrange(4)
    if how == 0:
        return content[:place] + bytes([content[place] ^ 1 << chance.randrange(8)]) + content[place + 1 :]
    return (content[:place], chance.randbytes(len(content)), content[:place] + b"0" + content[place:])[how - 1]


def test_damaged_answers_are_worked_out_anew(home: Home) -> None:
    right = home.run()
    chance = random.Random(4)
    for _ in range(4):
        for path in (*home.kept(), *home.kept("counts-")):
            path.write_bytes(garbled(path.read_bytes(), chance))
        assert home.run() == right
    assert home.remembered() == right


def test_an_answer_under_the_name_of_another_is_not_believed(home: Home) -> None:
    right = home.run()
    (own,) = home.kept()
    other = home.run("two")
    (path,) = set(home.kept()) - {own}
    path.write_bytes(own.read_bytes())
    assert home.run("two") == other
    path.unlink()
    path.symlink_to(own)
    assert home.run("two") == other
    path.unlink()
    path.mkdir()
    assert home.run("two") == other
    assert home.remembered() == right


def refuse_by_file(home: Home) -> tuple[str, ...]:
    (home.cache / "promptkit").write_text("in the way")
    return ()


def refuse_by_others(home: Home) -> tuple[str, ...]:
    (home.cache / "promptkit").mkdir()
    (home.cache / "promptkit").chmod(0o777)  # someone else could have written what is there
    return ()


def refuse_by_absence(home: Home) -> tuple[str, ...]:
    home.cache = Path("/proc/no/such/home")
    return ()


def refuse_by_full_disk(home: Home) -> tuple[str, ...]:
    return ("sh", "-c", 'ulimit -f 0; exec "$@"', "sh")


@pytest.mark.skipif(sys.platform == "win32", reason="permissions and limits of POSIX")
@pytest.mark.parametrize("refuse", [refuse_by_file, refuse_by_others, refuse_by_absence, refuse_by_full_disk])
def test_without_a_place_to_write_nothing_is_kept_and_nothing_fails(
    refuse: Callable[[Home], tuple[str, ...]], home: Home
) -> None:
    right = home.run("--no-cache")
    before = refuse(home)
    assert [home.run(before=before) for _ in range(2)] == [right, right]
    assert home.kept("") == []


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such permissions")
def test_only_the_owner_can_read_what_is_kept(home: Home) -> None:
    home.run("one", "-i", "q=my secret question")
    assert (home.cache / "promptkit").stat().st_mode & 0o777 == 0o700
    files = home.kept("")
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    content = b"".join(path.read_bytes() for path in files)
    assert len(files) == 2
    assert b"secret" not in content
    assert b"You are an agent" not in content


# At the same time.


def test_eight_processes_share_what_is_kept(home: Home) -> None:
    """Cold, warm, damaged before, and damaged while they run."""
    questions = [("--format", "json"), ("--by", "block"), ("one",), ("--variant", "base", "--model", "gpt-4")] * 2
    right = [home.run(*words, "--no-cache") for words in questions[:4]] * 2
    chance = random.Random(8)
    for state in ("cold", "warm", "damaged", "damaged meanwhile"):
        if state == "damaged":
            for path in home.kept(""):
                path.write_bytes(garbled(path.read_bytes(), chance))
        running = [home.start(*words) for words in questions]
        while state == "damaged meanwhile" and any(process.poll() is None for process in running):
            for path in home.kept(""):
                if path.exists():
                    path.write_bytes(chance.randbytes(chance.randrange(200)))
            time.sleep(0.01)
        done = []
        for process in running:
            out, err = process.communicate(timeout=120)
            done.append(Ran(process.returncode, out, err))
        assert done == right, state


WRITER = """
import sys
import time
from itertools import count
from pathlib import Path
from promptkit.tokens import store
for n in count():
    store.switch_on(Path(sys.argv[1]), "here")
    store.counted([f"{sys.argv[2]} {n} {i}" for i in range(50)], "o200k_base", lambda: [n + i for i in range(50)])
    store.switch_off()
    print(n, flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_a_writer_killed_at_any_moment_loses_nothing_that_was_written(tmp_path: Path) -> None:
    from promptkit.tokens import store

    def unknown() -> list[int]:
        raise AssertionError("it was written")

    chance = random.Random(9)
    written = {}
    for round_ in range(25):
        command = [sys.executable, "-c", WRITER, str(tmp_path), str(round_)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(chance.uniform(0, 0.03))
            process.kill()
            written[round_] = len(process.stdout.read().splitlines())
        store.switch_on(tmp_path, "here")
        for number in range(written[round_] + 1):
            texts = [f"{round_} {number} {i}" for i in range(50)]
            assert list(store.counted(texts, "o200k_base", unknown)) == [number + i for i in range(50)]
        store.switch_off()
    assert sum(written.values()) > 25


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_a_run_killed_at_any_moment_leaves_nothing_wrong(home: Home) -> None:
    started = time.monotonic()
    right = home.run("--no-cache")
    took = time.monotonic() - started
    chance = random.Random(10)
    for _ in range(12):
        with home.start() as process:
            time.sleep(chance.uniform(0, took * 1.2))
            os.killpg(process.pid, signal.SIGKILL)
    assert home.run() == right
    assert home.remembered() == right
