"""The pages of docs/rules: an index of lint's rules and a page for each family, from the rules' docstrings."""

from __future__ import annotations

import re
from itertools import groupby
from textwrap import dedent
from typing import TYPE_CHECKING

from promptkit.lint import GRADES, Rule, rules

if TYPE_CHECKING:
    from collections.abc import Sequence

FAMILIES = {
    "D": "data and files",
    "F": "fine-tune signals",
    "K": "tokens and cost",
    "L": "the library",
    "S": "structure and wording",
    "T": "templates",
    "X": "security",
}
_SNIPPET = re.compile(r"^(Bad|Good):[ ]*(\S*)\n((?:[ ]{4}.*\n|[ ]*\n)+)", re.MULTILINE)


def pages() -> dict[str, str]:
    """The pages by file name."""
    families = [(family, list(found)) for family, found in groupby(rules().values(), key=lambda each: each.code[0])]
    return {"README.md": _index(families), **{f"{family}.md": _family(family, found) for family, found in families}}


def _index(families: Sequence[tuple[str, Sequence[Rule]]]) -> str:
    lines = [
        "# The rules of promptkit lint",
        "",
        f"{len(rules())} rules. `promptkit rule CODE` shows one, `promptkit rule` this list.",
        "A rule that is off runs where it is selected by its own code or name; one in preview needs `--preview` too.",
        "",
        "Evidence:",
        "",
        *(f"- **{grade}** {text}" for grade, text in GRADES.items()),
    ]
    for family, found in families:
        lines += ["", f"## [{family}: {FAMILIES[family]}]({family}.md)", ""]
        lines += ["| code | name | severity | evidence | what it finds |", "| --- | --- | --- | --- | --- |"]
        lines += [
            f"| [{each.code}]({family}.md#{_anchor(each)}) | {each.name} | {_state(each)} | {each.grade} | "
            f"{_cell(each.headline)} |"
            for each in found
        ]
    return "\n".join(lines) + "\n"


def _family(family: str, found: Sequence[Rule]) -> str:
    lines = [f"# Rules {family}: {FAMILIES[family]}", "", "[All rules](README.md)."]
    for each in found:
        evidence = f"Severity: {_state(each)}. Evidence: {each.grade}, {GRADES[each.grade]}."
        lines += ["", f"## {each.code} {each.name}", "", evidence, "", _SNIPPET.sub(_fenced, f"{each.page}\n").rstrip()]
    return "\n".join(lines) + "\n"


def _fenced(match: re.Match[str]) -> str:
    kind, place, snippet = match.groups()
    head = f"{kind}, found at {place}:" if place else f"{kind}:"
    text = dedent(snippet).rstrip("\n")
    mark = "`" * max(3, max((len(run) for run in re.findall("`+", text)), default=0) + 1)
    return f"{head}\n\n{mark}text\n{text}\n{mark}\n\n"


def _state(rule: Rule) -> str:
    return rule.severity + (", off" if rule.off else "") + (", preview" if rule.preview else "")


def _anchor(rule: Rule) -> str:
    return f"{rule.code.lower()}-{rule.name}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")
