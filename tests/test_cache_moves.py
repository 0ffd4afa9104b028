"""That a move gains what is said: random prompts, each move made in the source file, and the prefixes compared."""

from __future__ import annotations

import re
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import promptkit
from promptkit.caching import Caching, caching

if TYPE_CHECKING:
    from collections.abc import Sequence

VALUES: dict[str, object] = {"vip": True, "v": "Never guess at a price.", "q": "Why?"}
WORTH_TELLING = 16

# A block as its name, the input that it depends on, and its lines.
Source = tuple[str, str | None, tuple[str, ...]]

texts = st.sampled_from(
    [
        "Read it.",
        "Answer in one line; say why, then stop, and add nothing that was not asked for by the guest, ever.",
        "über 北京 🙂",
        "Today is {{ v }}.",
        "{{ v }}",
        "{% if v %}Say it kindly.{% endif %}",
    ]
)
contents = st.tuples(st.sampled_from([None, None, "vip"]), st.lists(texts, min_size=1, max_size=3).map(tuple))
systems = st.lists(contents, min_size=1, max_size=6).map(
    lambda drawn: [(f"b{number}", *each) for number, each in enumerate(drawn)]
)
long = "This line of the long rules is the same in every call."
REPORTED = [("tone", "vip", ("Be very kind to these guests.",)), ("long", None, (f"1. {long}", f"2. {long}"))]


def found_in(system: Sequence[Source], moved: Sequence[Source], join: str) -> Caching:
    """The caching of a library's prompt: these blocks, then the question, then blocks that were moved behind it."""
    rows = [f'join: "{join}"', "inputs: {vip: {type: boolean, required: false}}", "blocks:"]
    user = [("question", None, ("{{ q }}",)), *moved]
    for place, (name, when, lines) in enumerate([*system, *user]):
        to = "system" if place < len(system) else "user"
        rows += [f"- name: {name}-{place}", f"  {to}: |-", *(f"    {line}" for line in lines)]
        rows += [f"  when: {when}"] if when else []
    source = "\n".join(rows) + "\n"
    with TemporaryDirectory() as root:
        path = Path(root, "prompts", "x.yaml")
        path.parent.mkdir()
        path.write_text(source, encoding="utf-8")
        variant = promptkit.load(root)["x"]["base"]
        rendered = variant.render({name: value for name, value in VALUES.items() if re.search(rf" {name}\b", source)})
        return caching(rendered, rendered.count())


def cut(system: Sequence[Source]) -> tuple[list[Source], list[Source]]:
    """The blocks without the first lines in a row that vary, and those."""
    lines = [(place, line) for place, (_, _, texts) in enumerate(system) for line in texts]
    varying = [system[place][1] is not None or "{" in line for place, line in lines]
    start = next((number for number, varies in enumerate(varying) if varies), len(lines))
    stop = next((number for number in range(start, len(lines)) if not varying[number]), len(lines))
    return blocks_of(system, [*lines[:start], *lines[stop:]]), blocks_of(system, lines[start:stop])


def blocks_of(system: Sequence[Source], lines: Sequence[tuple[int, str]]) -> list[Source]:
    held = [(place, tuple(line for _, line in group)) for place, group in groupby(lines, key=itemgetter(0))]
    return [(system[place][0], system[place][1], texts) for place, texts in held]


def behind(system: Sequence[Source], unit: Sequence[Source]) -> list[Source]:
    """The blocks with the unit behind them: in the last block where it is of that block, else as blocks of its own."""
    if system and unit and system[-1][0] == unit[0][0]:
        (name, when, lines), *rest = unit
        return [*system[:-1], (name, when, system[-1][2] + lines), *rest]
    return [*system, *unit]


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(system=systems, join=st.sampled_from(["\\n\\n", "\\n"]))
@example(system=REPORTED, join="\\n\\n")
@example(system=[("rules", None, (long,)), *REPORTED], join="\\n\\n")
def test_every_move_gains_what_was_said(system: list[Source], join: str) -> None:
    found = found_in(system, [], join)
    if not found.moves:
        rest, unit = cut(system)
        assert found_in(behind(rest, unit), [], join).prefix - found.prefix < WORTH_TELLING
    reached = found.prefix
    moved: list[Source] = []
    for move in found.moves:
        rest, unit = cut(system)
        if move.message == 1:
            system = behind(rest, unit)
        else:
            system, moved = rest, [*moved, *unit]
        after = found_in(system, moved, join).prefix
        assert after - reached == move.gain, (move, system)
        reached = after
