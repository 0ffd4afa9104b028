"""Rules of text that was never filled in."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

from promptkit.lint.fences import without_code
from promptkit.lint.rule import Hit, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptkit.lint.passages import Passage

MOST = 5  # findings of one text
_OWN = "company|business|brand|organi[sz]ation|product|industry|team|website|store|app"
_LEFT = re.compile(
    r"\[INSERT\b[^\]\n]{0,60}\]"
    r"|(?i:\[insert\b[^\]\n]{0,60} here\])"
    rf"|(?i:[\[<]your (?:{_OWN})(?: name| description)?[\]>])"
    r"|(?m:^[ \t]*(?:[-*+>#][ \t]+|<!--[ \t]*)?(?P<note>(?:TODO|FIXME|TBD)(?:\([\w@.-]{1,30}\))?(?=:[ \t]*\S|[ \t]*$)))"
    r"|\b[Ll]orem ipsum dolor\b"
)
_HINT = re.compile(r"\[insert|[\[<]your |TODO|FIXME|TBD|orem ipsum", re.IGNORECASE)


@rule("S217", "placeholder-left", "error", "A", "text")
def placeholder_left(passage: Passage) -> Iterator[Hit]:
    """A placeholder that nobody filled in.

    Why: the model reads it as a part of its instructions.

    What is left alone: code, and the blanks of a form that the model is to fill, such as `[Your answer]`.

    Bad: blocks/role/agent.md:1:24
        === blocks/role/agent.md
        You answer mails about [INSERT PRODUCT].

    Bad: blocks/role/agent.md:3:3
        === blocks/role/agent.md
        You answer mails about invoices.

        - TODO: ask legal what we may promise

    Good:
        === blocks/role/agent.md
        You answer mails about invoices.

    Source: it is in the text that is sent (A).
    """
    if _HINT.search(passage.prose) is None:
        return
    for match in islice(_LEFT.finditer(without_code(passage.prose)), MOST):
        start, end = match.span("note") if match["note"] else match.span()
        left = passage.source[start:end]
        yield Hit(passage.at(start, end), f"'{left}' was never filled in")
