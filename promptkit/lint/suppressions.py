"""What files ask to ignore: comments in templates and in YAML, and `lint: {ignore: [...]}`."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

from promptkit.errors import PromptkitError
from promptkit.lint.findings import Finding
from promptkit.lint.places import Place
from promptkit.lint.settings import named
from promptkit.read import file_ignores, texts_at
from promptkit.read.nodes import Problems

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from promptkit.lint.rule import Rule
    from promptkit.lint.sources import SourceFile

WORD = "promptkit:"
UNUSED = "L705"
_TEMPLATE = re.compile(r"\{#-?\s*promptkit:\s*(\w+)\s*(?:\[([^\]\n]*)\])?[^\n]*?#\}")
_YAML = re.compile(r"(?:^|(?<=\s))#\s*promptkit:\s*(\w+)\s*(?:\[([^\]\n]*)\])?")
_LAST = 10**9


@dataclass(slots=True)
class Suppression:
    """Rules that find nothing from line `first` to `last` of a file. `used` are those that would have."""

    codes: Mapping[str, frozenset[str]]
    place: Place
    first: int
    last: int
    used: set[str]

    def covers(self, finding: Finding) -> bool:
        """Whether it is about that finding; notes that it was."""
        if finding.place.line is None:
            inside = self.first == 0
        else:
            inside = (
                self.first <= finding.place.line <= self.last
                or self.first <= (finding.place.end_line or 0) <= self.last
            )
        names = [name for name, codes in self.codes.items() if finding.code in codes] if inside else []
        self.used.update(names)
        return bool(names)


def suppressions(file: SourceFile, *, is_template: bool | None = None) -> list[Suppression]:
    """What a file asks to ignore. Raises PromptkitError for a rule or a word that there is not.

    `is_template` says whether its text is one; by default that of a library's file that is not literal.
    """
    if is_template is None:
        is_template = file.folder in {"blocks", "partials", "prompts"} and not file.path.endswith(".txt")
    found: list[Suppression] = []
    if "lint:" in file.text:
        found += _whole(file)
    if WORD in file.text:
        if is_template:
            found += _templates(file)
        if file.is_yaml or file.text.startswith("---"):
            found += _comments(file)
    return found


def _whole(file: SourceFile) -> Iterator[Suppression]:
    """`lint: {ignore: [...]}`, which is about the whole file."""
    node = file.head
    if node is None or "lint" not in node.entries or not file.folder:
        return
    for name, span in file_ignores(node.entries["lint"], Problems()):
        yield Suppression(_codes(name, Place.of(span)), Place.of(span), 0, _LAST, set())


def _templates(file: SourceFile) -> Iterator[Suppression]:
    """`{# promptkit: ignore[T102] why #}` on its line, or alone on the line before; `off[...]` up to `on[...]`."""
    open_: dict[str, Suppression] = {}
    for number, line in enumerate(file.lines, 1):
        if WORD not in line:
            continue
        for match in _TEMPLATE.finditer(line):
            place = file.at(number, *match.span())
            codes = _codes(match[2], place)
            alone = not line[: match.start()].strip(" -") and not line[match.end() :].strip()
            if match[1] == "ignore":
                yield Suppression(codes, place, number, _next(file, number) if alone else number, set())
            elif match[1] == "off":
                for name in codes:
                    open_[name] = Suppression({name: codes[name]}, place, number, _LAST, set())
                    yield open_[name]
            elif match[1] == "on":
                for name in codes:
                    if name not in open_:
                        raise PromptkitError(f"'{name}' is not off here; write off[{name}] before it", place.span)
                    open_.pop(name).last = number
            else:
                raise PromptkitError(f"no 'promptkit: {match[1]}'; write ignore, off or on", place.span)


def _comments(file: SourceFile) -> Iterator[Suppression]:
    """`# promptkit: ignore[D604] why` on its line; alone on a line it covers the key below it, whole."""
    source = file.text if file.is_yaml else file.text[: file.head_end]
    texts = texts_at(source)
    starts = [first for first, _ in texts]
    for number, line in enumerate(file.lines, 1):
        match = _YAML.search(line) if WORD in line else None
        before = bisect_right(starts, number) - 1
        if match is None or number > source.count("\n") + 1 or (before >= 0 and number <= texts[before][1]):
            continue
        place = file.at(number, *match.span())
        if match[1] != "ignore":
            raise PromptkitError(f"no '# promptkit: {match[1]}'; write ignore[CODE]", place.span)
        last = number if line[: match.start()].strip() else _value_end(file, number)
        yield Suppression(_codes(match[2], place), place, number, last, set())


def _next(file: SourceFile, number: int) -> int:
    """The next line with something on it."""
    return next((place for place in range(number + 1, len(file.lines) + 1) if file.lines[place - 1].strip()), number)


def _value_end(file: SourceFile, number: int) -> int:
    """The last line of the value of the key that stands below a comment."""
    first = _next(file, number)
    while first > number and file.lines[first - 1].lstrip().startswith("#") and first < len(file.lines):
        first = _next(file, first)
    indent = _indent(file.lines[first - 1])
    for place in range(first + 1, len(file.lines) + 1):
        line = file.lines[place - 1]
        if line.strip() and _indent(line) <= indent:
            return place - 1
    return len(file.lines)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _codes(text: str | None, place: Place) -> dict[str, frozenset[str]]:
    names = [name.strip() for name in (text or "").split(",") if name.strip()]
    if not names:
        raise PromptkitError("names no rule; write ignore[CODE]", place.span)
    return {name: frozenset(each.code for each in named(name, place.span)) for name in names}


def unused(asked: Mapping[str, list[Suppression]], chosen: Iterable[Rule]) -> Iterator[Finding]:
    """A finding for each name that suppressed nothing, of rules that ran."""
    codes = {each.code for each in chosen}
    if UNUSED not in codes:
        return
    for each in (each for some in asked.values() for each in some):
        for name, meant in each.codes.items():
            if name not in each.used and meant <= codes:
                message = f"'{name}' finds nothing here; remove it"
                yield Finding(each.place, UNUSED, "unused-suppression", "warning", message)


def kept(findings: Iterable[Finding], asked: Mapping[str, list[Suppression]]) -> tuple[Finding, ...]:
    """The findings that no file asks to ignore."""
    found = []
    for finding in findings:
        hidden = False
        for each in asked.get(finding.place.path, ()):
            hidden |= each.covers(finding)  # each is asked, so that each is used
        if not hidden:
            found.append(finding)
    return tuple(found)
