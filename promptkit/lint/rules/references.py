"""Rules of what a text says about its own parts."""

from __future__ import annotations

import re
from difflib import get_close_matches
from itertools import islice
from typing import TYPE_CHECKING

from promptkit.lint.passages import VALUE
from promptkit.lint.places import Place
from promptkit.lint.rule import Hit, rule
from promptkit.render.program import program

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptkit.lint.views import Piece, Speech, View

MOST = 3  # findings of one message
_OPENED = re.compile(r"^[^\w\n<]*<([a-z][\w:-]*)(?=[\s>/])|</([a-z][\w:-]*)>", re.IGNORECASE | re.MULTILINE)
_OWN_LINE = re.compile(rf"^[ \t]*{VALUE}[ \t]*$", re.MULTILINE)
_MENTION = re.compile(
    r"\b(?:text|content|contents|document|documents|data|message|question|input|article|everything|information|context)"
    r" (?:that is |which is |is |are |enclosed |delimited |wrapped |marked |provided |given |found |contained ){0,2}"
    r"(?:in|inside|within|between|by) (?:the )?[`'\"]?<(?P<name>[a-z][\w-]*)>[`'\"]?(?! and)"
)
_EXAMPLES = re.compile(
    r"\b(?:(?:the|these|those) (?:above|following|preceding) (?:few-shot )?examples\b"
    r"|examples (?:(?:given|shown|provided|listed) )?(?:above|below)\b)",
    re.IGNORECASE,
)
_TABLE = re.compile(
    r"\b(?:(?:the|this) (?:above|following|preceding) table\b|the table (?:(?:given|shown) )?(?:above|below)\b)",
    re.IGNORECASE,
)
_SHOTS = re.compile(r"example|shot|demo|sample")
_EXAMPLE_WORD = re.compile(r"\bexamples?\b|\be\.g\.|\bfor instance\b", re.IGNORECASE)
_EXAMPLE = re.compile(
    r"^\W{0,4}(?:input|output|q|a|user|question|answer|query|ex)\b[ \w]{0,12}:|[`\u2192|]|->|=>|<\w",
    re.IGNORECASE | re.MULTILINE,
)
_ROW = re.compile(r"[|\t`]|<table|^\W{0,8}table\b", re.IGNORECASE | re.MULTILINE)


@rule("S214", "dangling-reference", "warning", "A", "view")
def dangling_reference(view: View) -> Iterator[Hit]:
    """A text refers to a tag, to examples or to a table that the prompt does not have.

    Why: the model looks for what is not there. A variant that drops a block leaves such a reference behind.

    What is left alone: tags that the answer is to have, and references where a value may bring what they mean.

    Bad: prompts/route.yaml:2:30
        === prompts/route.yaml
        blocks:
          - system: Answer as in the examples below.
          - user: "{{ mail }}"
          - examples:
              records:
                - inputs: {mail: My invoice is wrong.}
                  output: billing
        variants:
          zero-shot: {drop: [examples]}

    Bad: prompts/sum.yaml:3:37
        === prompts/sum.yaml
        blocks:
          - user: |
              Summarise the text inside the <artcle> tags.

              <article>
              {{ article }}
              </article>

    Good:
        === prompts/sum.yaml
        blocks:
          - user: |
              Summarise the text inside the <article> tags.

              <article>
              {{ article }}
              </article>

    Source: the messages of each variant and branch, as they are sent (A).
    """
    for speech in view.of("system", "user"):
        if "<" in speech.text:
            yield from islice(_tags(view, speech), MOST)
        yield from _parts(view, speech)


def _tags(view: View, speech: Speech) -> Iterator[Hit]:
    """Mentions of tags that nothing stands in."""
    mentions = list(_MENTION.finditer(speech.text))
    if not mentions:
        return
    fenced = {each for each in _values(view) if each.block.kind == "context"}
    opened = {str(getattr(each.block.content, "source", "")) for each in fenced}
    opened |= {name for each in view.speeches for found in _OPENED.findall(each.text) for name in found}
    is_known = any(_values(view)) and not any(f"<{VALUE}" in each.text or _is_loose(each) for each in view.speeches)
    for match in mentions:
        name = match["name"]
        if name in opened:
            continue
        near = next(iter(get_close_matches(name, sorted(opened), n=1, cutoff=0.75)), None)
        if near or is_known:
            start, end = match.start("name") - 1, match.end("name") + 1
            piece = speech.piece_at(start + 1)
            told = f"nothing stands in '<{name}>'; " + (
                f"did you mean '<{near}>'?" if near else "name the tag that is there"
            )
            yield Hit(Place.of(piece.block.span) if piece.end else speech.at(start, end), told)


def _parts(view: View, speech: Speech) -> Iterator[Hit]:
    """Mentions of examples and of a table that are not there."""
    text = speech.text
    match = _EXAMPLES.search(text) if "examples" in speech.folded else None
    if match and not _has_examples(view, speech, match):
        told = f"'{match[0]}': there are no examples here; add them, or leave the sentence out"
        yield Hit(speech.at(*match.span()), told)
    match = _TABLE.search(text) if "table" in speech.folded else None
    if match and not any(VALUE in each.text or _ROW.search(each.text) for each in view.speeches):
        told = f"'{match[0]}': there is no table here; add it, or leave the sentence out"
        yield Hit(speech.at(*match.span()), told)


def _values(view: View) -> Iterator[Piece]:
    return (piece for each in view.speeches for piece in each.pieces if piece.is_value and not piece.turn)


def _is_loose(speech: Speech) -> bool:
    """Whether a value stands on lines of its own in no tag, so that it may bring tags itself."""
    text = "".join(piece.text for piece in speech.pieces if piece.block.kind != "context" and not piece.turn)
    return any(not text[: match.start()].rstrip().endswith(">") for match in _OWN_LINE.finditer(text))


def _has_examples(view: View, speech: Speech, match: re.Match[str]) -> bool:
    """Whether there are examples, or there may be."""
    pieces = [piece for each in view.speeches for piece in each.pieces]
    if any(each.block.kind == "examples" or any(map(_SHOTS.search, each.names)) for each in pieces):
        return True
    others = [each.text for each in view.speeches if each is not speech]
    rest = "\n".join([speech.text[: match.start()], speech.text[match.end() :], *others])
    if _EXAMPLE_WORD.search(rest):
        return True
    if any(leaf.block.kind == "examples" for each in view.sight.variants for leaf in program(each).leaves):
        return False  # this variant is without them
    return VALUE in rest or _EXAMPLE.search(rest) is not None
