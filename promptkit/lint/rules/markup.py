"""Rules of the tags and fences that a prompt marks its parts with."""

from __future__ import annotations

import re
from difflib import get_close_matches
from itertools import islice
from typing import TYPE_CHECKING

from promptkit.lint.fences import fences, without_code
from promptkit.lint.passages import VALUE
from promptkit.lint.rule import Hit, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptkit.lint.views import Speech, View

MOST = 5  # findings of one message
_NAME = r"[a-z][a-z0-9]*(?:[_:-][a-z0-9]+)*"
_CLOSED = re.compile(rf"</(?P<name>{_NAME})\s*>")
_OPENED = re.compile(rf"<({_NAME})(?![\w:-])")  # what follows may be of any length, and hold a '>'
_HTML = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "li", "link", "meta", "option", "p", "source", "td"}
    | {"th", "tr", "wbr"}
)


@rule("S216", "unbalanced-tags", "warning", "A", "view")
def unbalanced_tags(view: View) -> Iterator[Hit]:
    """A closing tag that nothing opens, or a code fence that nothing closes.

    Why: the model cannot tell where the marked part begins or ends, so that data runs into instructions.

    What is left alone: a tag that is opened and never closed, as a text that names a tag looks the same.

    Bad: prompts/sum.yaml:5:7
        === prompts/sum.yaml
        blocks:
          - user: |
              <article>
              {{ article }}
              </artcle>

    Good:
        === prompts/sum.yaml
        blocks:
          - user: |
              <article>
              {{ article }}
              </article>

    Source: the tags and fences of the text that is sent, in each variant and branch (A).
    """
    speeches = list(view.of("system", "user"))
    opened = {name for speech in view.speeches if "<" in speech.text for name in _OPENED.findall(speech.text)}
    for speech in speeches:
        yield from islice(_closing(speech, opened), MOST)
        yield from _unclosed(speech)


def _closing(speech: Speech, opened: set[str]) -> Iterator[Hit]:
    """Closing tags whose name no message opens, but for those in code and in running text."""
    text = speech.text
    if "</" not in text or f"<{VALUE}" in text:
        return  # a value may name the tag that is open
    for match in _CLOSED.finditer(without_code(text)):
        name = match["name"]
        if name in opened or name in _HTML or not _ends_line(text, match.end()):
            continue
        near = next(iter(get_close_matches(name, sorted(opened), n=1)), None)
        told = f"; did you mean '</{near}>'?" if near else f"; open it with '<{name}>', or delete it"
        yield Hit(speech.at(*match.span()), f"'{match[0]}' closes a tag that nothing opens{told}")


def _ends_line(text: str, end: int) -> bool:
    return not text[end : (text.find("\n", end) + 1 or len(text) + 1) - 1].strip()


def _unclosed(speech: Speech) -> Iterator[Hit]:
    for fence in fences(speech.text):
        if not fence.closed:
            place = speech.at(fence.start, fence.start + len(fence.mark))
            yield Hit(place, f"the code fence '{fence.mark}' is never closed; close it")
