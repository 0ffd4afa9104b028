"""Rules of texts that YAML reads otherwise than they look."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, Any

from promptkit.config import FILE
from promptkit.lint.places import Place
from promptkit.lint.rule import Hit, rule
from promptkit.read.nodes import PLAIN, Scalar, Seq

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptkit.lint.sources import SourceFile
    from promptkit.read.nodes import Node

MOST = 20  # findings of one rule in one file
MOST_SHOWN = 40  # characters

# YAML 1.1's types, https://yaml.org/type/ (checked 2026-11-24), as far as YAML 1.2 reads a text there. PyYAML takes no
# single letter for a boolean, so that y and n are left alone.
_BOOLEAN = r"[Yy]es|YES|[Nn]o|NO|[Oo]n|ON|[Oo]ff|OFF"
_SEXAGESIMAL = r"[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?"
_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_NUMBER = r"[-+]?0b[01_]+|[-+]?[1-9][0-9]*(?:_[0-9]+)+"
_TYPED = re.compile(f"(?P<boolean>{_BOOLEAN})|(?P<time>{_SEXAGESIMAL})|(?P<date>{_DATE})|(?P<number>{_NUMBER})")
_SUSPECT = re.compile(rf"[-:,\[{{] *(?:{_BOOLEAN}|{_SEXAGESIMAL}|{_DATE}|{_NUMBER}) *(?=[,\]}}]|$| #)", re.MULTILINE)
# one space before the # and none behind it: no comment that is set off as one, and no word that tools look for
_CUT = re.compile(r"([^\s#:,\[\]{}\"']) (#(?!noqa|nosec|type|pragma|promptkit|TODO|FIXME)\w.*)")
_FOLDED = re.compile(r"[-:] +>[-+1-9]*[ ]*(?:#.*)?$", re.MULTILINE)
_MARKED = re.compile(r"[-*+\u2022] +\S|\d{1,2}[.)] +\S|#{1,6} +\S|\|.*\||```|~~~")
_NOTES = frozenset({"description", "owner"})
_READ = {"boolean": "true or false", "time": "a number of seconds", "date": "a date", "number": "a number"}


@rule("D604", "yaml-implicit-type", "error", "A", "file")
def yaml_implicit_type(file: SourceFile) -> Iterator[Hit]:
    """A text without quotes that YAML 1.1 takes for a truth value, a number or a date; or a number that loses digits.

    Why: promptkit reads YAML 1.2, where `no` is a text, but PyYAML, Ruby and most other tools read YAML 1.1: what
    they take for the label false is another label. That is a warning; a number such as 1.10, which no YAML keeps as it
    was typed, is an error.

    Bad: prompts/ask.yaml:2:30
        === prompts/ask.yaml
        blocks:
          - format: {choices: [yes!, no, unclear]}
          - user: "{{ question }}"

    Bad: examples/times.yaml:1:56
        === examples/times.yaml
        - {inputs: {text: Lunch is half an hour past}, output: 12:30}
        === prompts/time.yaml
        blocks:
          - examples: {from: examples/times.yaml}
          - user: "{{ text }}"

    Good:
        === prompts/ask.yaml
        blocks:
          - format: {choices: ["yes", "no", unclear]}
          - user: "{{ question }}"

    Source: the types of YAML 1.1, https://yaml.org/type/bool.html, /int.html, /float.html and /timestamp.html, and the
    core schema of YAML 1.2.2, section 10.3; PyYAML 6.0 loads `no` as False and `12:30` as 750. Where promptkit alone
    reads the file nothing is lost (A).
    """
    if not (file.is_yaml or file.head_end) or _SUSPECT.search(file.text, 0, file.head_end or len(file.text)) is None:
        return
    found = ((each, match) for each in _plain(file) if (match := _TYPED.fullmatch(each.value)) is not None)
    if file.path == FILE:
        found = (pair for pair in found if pair[1].lastgroup != "date")  # the day on which a price was looked up
    for each, match in islice(found, MOST):
        read = _READ[match.lastgroup or ""]
        message = f"'{each.value[:40]}' without quotes is {read} to tools that read YAML 1.1; quote it"
        path, line, column = each.span
        yield Hit(Place(path, line, column, line, (column or 1) + len(each.value)), message, "warning")


@rule("D606", "yaml-comment-truncation", "warning", "A", "file")
def yaml_comment_truncation(file: SourceFile) -> Iterator[Hit]:
    """A text without quotes that ends at a ` #`, which begins a comment.

    Why: what follows is no part of the text, and neither the model nor anyone who reads the file is told.

    Bad: prompts/reply.yaml:2:46
        === prompts/reply.yaml
        blocks:
          - instructions: Answer the point in ticket #1 before the others.
          - user: "{{ tickets }}"

    Good:
        === prompts/reply.yaml
        blocks:
          - instructions: "Answer the point in ticket #1 before the others."
          - user: "{{ tickets }}"

    Good:
        === prompts/reply.yaml
        blocks:
          - instructions: Answer the first point.  # the others wait
          - user: "{{ tickets }}"

    Source: YAML 1.2.2, section 7.3.3: a plain scalar holds no ` #`, https://yaml.org/spec/1.2.2/#plain-style. A comment
    that is set off, by a space behind its # or two before it, is left alone, as it is meant (A).
    """
    if not file.is_yaml or _CUT.search(file.text) is None:
        return
    cuts = ((line, match) for line, row in enumerate(file.lines) if (match := _CUT.search(row)) is not None)
    ends = {(line, match.end(1)): match for line, match in islice(cuts, MOST)}
    for each in _plain(file):
        mark: Any = getattr(each, "end_mark", None)  # PyYAML's, whose node it was
        match = ends.get((mark.line, mark.column))
        if match is not None:
            rest = match[2] if len(match[2]) <= MOST_SHOWN else f"{match[2][:MOST_SHOWN]}..."
            message = f"'{rest}' is a comment here, and no part of the text; quote the text"
            yield Hit(file.at(mark.line + 1, match.start(2), match.end(2)), message)


@rule("T110", "folded-scalar", "warning", "A", "file")
def folded_scalar(file: SourceFile) -> Iterator[Hit]:
    """A text under `>` that has a list, a heading, a table or a fence: its lines are joined into one.

    Why: the model gets one long line in which the marks of the list stand amid the words.

    Bad: prompts/reply.yaml:4:7
        === prompts/reply.yaml
        blocks:
          - instructions: >
              Answer in three parts:
              - what happened
              - what is done
              - what is left
          - user: "{{ ticket }}"

    Good:
        === prompts/reply.yaml
        blocks:
          - instructions: |
              Answer in three parts:
              - what happened
              - what is done
              - what is left
          - user: "{{ ticket }}"

    Source: YAML 1.2.2, section 8.1.3: in the folded style a line break between two lines of text becomes a space,
    https://yaml.org/spec/1.2.2/#folded-style. Lines that are indented further,
    or set off by a blank line, are kept (A).
    """
    if not file.is_yaml or _FOLDED.search(file.text) is None:
        return
    for each in _scalars(file.node) if file.node is not None else ():
        if each.style == ">" and each.span.line is not None:
            found = _joined(file.lines, each.span.line)
            if found is not None:
                line, indent = found
                row = file.lines[line - 1]
                message = f"'{row.strip()[:40]}' is joined to the line before it by >; write | to keep the lines"
                yield Hit(file.at(line, indent, len(row)), message)


def _joined(rows: list[str], line: int) -> tuple[int, int] | None:
    """The first line, and its indentation, of the folded text below `line` that marks an item and is joined."""
    indent = before = None
    for number, row in enumerate(rows[line:], line + 1):
        deep = len(row) - len(row.lstrip(" "))
        if not row.strip():
            before = None
            continue
        if indent is None:
            indent = deep
        if deep < indent:
            return None
        if deep == indent == before and _MARKED.match(row, deep):
            return number, deep
        before = deep
    return None


def _plain(file: SourceFile) -> Iterator[Scalar]:
    """The values without quotes of a YAML file or of front matter, in their order."""
    node = file.node if file.is_yaml else file.head
    return (each for each in _scalars(node) if each.tag == PLAIN) if node is not None else iter(())


def _scalars(node: Node) -> Iterator[Scalar]:
    """The values below a node; what only people read is left out."""
    if isinstance(node, Scalar):
        yield node
    elif isinstance(node, Seq):
        for each in node.value:
            yield from _scalars(each)
    else:
        for key, each in node.entries.items():
            if key not in _NOTES or not isinstance(each, Scalar):
                yield from _scalars(each)
