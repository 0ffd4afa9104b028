"""What to do about YAML and JSON that do not parse, from where they stop: the parsers' words name their own state."""

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


_JSON = {
    "expecting value": "a value must stand here: text in double quotes, a number, true, false, null, [ or {",
    "expecting property name enclosed in double quotes": "a key in double quotes must stand here, or a }",
    "expecting ',' delimiter": "a comma, or the bracket that closes, must stand here",
    "expecting ':' delimiter": "a colon must stand between this key and its value",
    "illegal trailing comma before end of array": "a comma before the ] that closes; remove it",
    "illegal trailing comma before end of object": "a comma before the } that closes; remove it",
    "extra data": "the file must end here; remove what follows, or make a list of the two",
    "invalid control character at": "a line break or tab inside a text; write \\n or \\t",
    "unterminated string starting at": "the text that begins here is never closed; add a double quote",
    "invalid \\escape": "a backslash that begins no escape; write \\\\ for a backslash",
    "invalid \\uxxxx escape": "\\u needs four hexadecimal digits; write \\\\ for a backslash",
}


def json_advice(problem: str, rest: str) -> str:
    """The same for JSON, by the json module's words and the text from where it stopped."""
    if not rest.strip():
        return "the text ends before it is complete; close what is open, or write what is missing"
    if rest.startswith("'"):
        return "a text in single quotes; use double quotes"
    if rest.startswith(("//", "/*", "#")):
        return "a comment, which JSON does not have; remove it"
    if rest[:1] in ("]", "}") and problem.startswith(("Expecting value", "Expecting property name")):
        return f"nothing stands before this {rest[0]}; remove the comma or colon ahead of it, or write what is missing"
    told = problem.lower().removesuffix(": ")
    return _JSON.get(told, told)
