"""What to do about YAML that does not parse, from the line that it stops at: libyaml's words name its own state."""

from __future__ import annotations

import re

BRACES = 'a text that begins with {{ or {% needs quotes: "{{ name }}"'
_BRACES = re.compile(r"(?:^|[:,{[-]) *\{[{%]")
_FIRST = re.compile(r" *(?:- +)*(?:[\w-]+: +)?(?P<first>[@`%*&!|>])")
_SPACING = re.compile(r"did not find expected (key|'-' indicator)|expected ',' or|cannot start any token")


def about(problem: str, row: str) -> str:
    """The problem in an author's words, and what to do; `row` is the line that it was found on."""
    if "\t" in row[: len(row) - len(row.lstrip())]:
        return "a tab indents this line; use spaces"
    if _BRACES.search(row):
        return BRACES
    if "mapping values are not allowed" in problem:
        return "a text with a colon and a space in it needs quotes"
    first = _FIRST.match(row)
    if first is not None and ("cannot start any token" in problem or "alphabetic or numeric" in problem):
        return f"a text that begins with {first['first']} needs quotes"
    if _SPACING.search(problem):
        return f"{problem}; check the quotes and the indentation of this line and the one above"
    return problem
