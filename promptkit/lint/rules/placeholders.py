"""Rules of text that was never filled in."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from promptkit.lint.rule import Hit, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptkit.lint.passages import Passage

_LEFT = re.compile(
    r"\[(?:INSERT|ADD|YOUR|ENTER|FILL IN)\b[^\]\n]{0,60}\]"
    r"|\b(?:TODO|FIXME|TBD)\b(?=[:\s.]|$)|\b[Ll]orem ipsum\b|<(?i:your) [A-Za-z ]+>"
)


@rule("S217", "placeholder-left", "error", "A", "text")
def placeholder_left(passage: Passage) -> Iterator[Hit]:
    """A placeholder that nobody filled in.

    Why: the model reads it as a part of its instructions.

    Bad: blocks/role/agent.md:1:24
        === blocks/role/agent.md
        You answer mails about [INSERT PRODUCT].

    Good:
        === blocks/role/agent.md
        You answer mails about invoices.

    Source: it is in the text that is sent (A).
    """
    for match in _LEFT.finditer(passage.prose):
        yield Hit(passage.at(*match.span()), f"'{match[0]}' was never filled in")
