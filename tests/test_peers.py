"""The comparison with other libraries judges rightly: what it calls the same is the same, what it calls lost is lost."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from benchmarks import chat
from benchmarks.peers import hostile, measure, verdicts
from benchmarks.peers.environments import PINS, WAYS, NotInstalledError, run
from benchmarks.peers.measure import WORKER, Column, Result

if TYPE_CHECKING:
    from pathlib import Path

MESSAGES = [("system", "A {{ user }}"), ("user", "{{ question }}")]
VALUES = {"user": "U", "question": "Q"}


def case(folder: Path) -> Path:
    path = folder / "case.txt"
    found = {"messages": chat.messages(), "values": chat.VALUES, "hostile": hostile.cases()}
    path.write_text(repr(found), "utf-8")
    return path


def worker(way: str, mode: str, folder: Path, stdin: str = "") -> str:
    words = [sys.executable, "-I", str(WORKER), str(WAYS / f"{way}.py"), str(case(folder)), str(folder), mode]
    return subprocess.run(words, input=stdin, capture_output=True, text=True, check=True, timeout=120).stdout


@pytest.mark.parametrize("way", ["promptkit", "jinja2"])
def test_promptkit_and_the_reference_keep_every_value(way: str, tmp_path: Path) -> None:
    printed = worker(way, "check", tmp_path)
    said = hostile.verdicts(printed, chat.messages(), chat.VALUES)
    assert said == ("yes", f"all {len(hostile.VALUES)}")


def test_a_worker_tells_its_seconds_and_its_memory(tmp_path: Path) -> None:
    imported, first, kib = map(float, worker("promptkit", "once", tmp_path).split())
    assert 0 < imported < 60
    assert 0 < first < 60
    assert 5_000 < kib < 500_000
    assert len(worker("promptkit", "serve", tmp_path, "3\n2\n").split()) == 2


def test_each_peer_has_its_way_and_an_exact_version() -> None:
    ways = {path.stem for path in WAYS.glob("*.py")} - {"__init__"}
    assert ways == {peer.replace("-", "_") for peer in PINS}
    assert all("==" in pin for peer, pins in PINS.items() if peer != "promptkit" for pin in pins)


def judged(*changed: tuple[str, str] | str) -> tuple[str, str]:
    """The verdicts where every value is kept, but for the first ones, which became `changed`."""
    lines = [ascii(hostile.expected(MESSAGES, VALUES))]
    for number, values in enumerate(hostile.cases()):
        wanted: object = hostile.expected(MESSAGES, {**VALUES, **values})
        if number < len(changed):
            wanted = changed[number] if isinstance(changed[number], str) else [("system", "A U"), changed[number]]
        lines.append(ascii(wanted))
    return hostile.verdicts("\n".join(lines), MESSAGES, VALUES)


def test_a_value_that_was_read_again_is_found() -> None:
    total = len(hostile.VALUES)
    assert judged() == ("yes", f"all {total}")
    assert judged(("user", "49")) == ("yes", f"{total - 1} of {total} (other text: {{{{ }}}})")
    assert judged(("system", "x")) == ("yes", f"{total - 1} of {total} (other roles: {{{{ }}}})")
    assert judged("ValueError: no") == ("yes", f"{total - 1} of {total} (refused: {{{{ }}}})")


def result(ratio: float) -> Result:
    column = Column(0.001, ratio)
    return Result("other", "1.0", column, column, column, column, Column(0.001, 2.0), "yes", "all 1")


def test_a_peer_that_is_ahead_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verdicts, "KNOWN", ((("*",), ("first",), "W"), (("other",), ("start",), "V")))
    assert verdicts.behind([result(1.2)]) == []
    assert verdicts.behind([result(0.8)]) == [
        "other: import, 0.80 of promptkit's",
        "other: peak memory, 0.80 of promptkit's",
    ]
    told = verdicts.notes([result(0.8)], {})
    assert told[:2] == ["behind other in first render: W", "behind other in both: V"]
    assert [line.partition(" ")[0] for line in told[2:]] == ["BEHIND", "BEHIND"]


def test_a_peer_that_is_missing_is_told() -> None:
    assert "gone could not be installed: no such version" in verdicts.table([result(2)], {"gone": "no such version"})
    assert "- gone could not be installed" in verdicts.markdown([result(2)], {"gone": "no such version"})
    with pytest.raises(NotInstalledError, match="bad pin"):
        run(sys.executable, "-c", "import sys; sys.exit('bad pin')")


def test_the_median_is_of_the_ratios_within_a_round() -> None:
    rows: dict[str, list[tuple[float, ...]]] = {
        "promptkit": [(1.0,), (10.0,), (2.0,)],
        "other": [(2.0,), (20.0,), (4.0,)],
    }
    assert measure.column(rows, "other", 0) == Column(4.0, 2.0)
