"""Rules of the answer's form: whether a prompt says what it wants back, in words that a program can rely on."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from promptkit.content import Format, Tools
from promptkit.errors import one_line
from promptkit.lint.rule import Hit, rule
from promptkit.lint.views import every_leaf
from promptkit.lint.words import words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptkit.lint.views import View

SHOWN = 60  # characters of the text that a message shows
_ASKS = r"(?:output|return|respond|reply|answer|present|format|write|provide|give|produce|structure|deliver|put)"
_EMPTY = re.compile(
    rf"\b{_ASKS}\b(?P<between>[^.!?:;\n]{{0,80}}?)\b(?P<words>"
    r"(?:(?:in|as|with|using|into)(?: an?)?|an?(?= [\w -]{1,40} (?:format|formatting|structure|layout)\b))"
    r" (?:very |more )?(?:nice|clean|proper|properly|appropriate|suitable|good|well[- ]structured|well[- ]formatted|"
    r"structured|readable|neat|nicely|decent|correct|standard|consistent|clear)(?: and \w+)?"
    r" (?:format|formatting|structure|layout|form|manner|output))\b(?=(?P<after>[^\n]{0,40}))",
    re.IGNORECASE,
)
_FORMS = words("format formatting structure layout form manner output")
_ADJECTIVES = words(
    "nice clean proper properly appropriate suitable good well structured readable neat nicely decent correct standard"
    " consistent clear"
)
_TELLS_MORE = re.compile(
    r"\s*(?:[:(,;—-]|(?:that|with|such as|like|where|using|as|so that|of|for|from|below|above|described|given)\b)"
)
_JSON = re.compile(
    r"\b(?:output|return|respond|reply|answer|produce|provide|give|write|format|be)\b[^.!?;:\n]{0,50}?"
    r"\b(?P<words>(?:(?:in|as|with|using|only|a) )*(?:valid |raw |pure |structured )*JSON(?: format| object| output)?)"
    r"(?=\s*(?:[.!?]|$|\n|and\b[^.\n]{0,40}\b(?:nothing|no)\b))",
    re.IGNORECASE | re.MULTILINE,
)
_SHAPE = re.compile(
    r"[{}\[\]`\"]|\bkeys?\b|\bfields?\b|\bpropert(?:y|ies)\b|\bschema\b|\battributes?\b|\bexamples?\b|\bcolumns?\b"
    r"|\btemplate\b|\bbelow\b|\bfollowing\b",
    re.IGNORECASE,
)
_SHAPES = re.compile(
    r"schema|format|example|shot|field|key|column|propert|spec|template|struct|shape|json|type|label", re.IGNORECASE
)


def declares_form(view: View) -> bool:
    """Whether a variant declares a form of its answer, or shows it: a format, a schema, tools or examples."""
    for leaf in every_leaf(view.program.leaves):
        content = leaf.block.content
        if isinstance(content, Format | Tools) or leaf.block.kind == "examples":
            return True
    return bool({"response_format", "format", "tools", "text"} & view.variant.settings.params.keys())


@rule("S202", "vague-output-format", "warning", "C", "view")
def vague_output_format(view: View) -> Iterator[Hit]:
    """A form of the answer that is asked for and not said: "a clean format", or JSON without a key.

    Why: the model makes up a form, another one in another call, and the program that reads the answer fails.

    Bad: prompts/extract.yaml:2:53
        === prompts/extract.yaml
        blocks:
          - instructions: Find the invoices and return them in a structured format.
          - user: "{{ mail }}"

    Bad: prompts/extract.yaml:2:56
        === prompts/extract.yaml
        blocks:
          - instructions: Find the amount and the date. Return JSON.
          - user: "{{ mail }}"

    Bad: prompts/extract.yaml:2:45
        === prompts/extract.yaml
        blocks:
          - instructions: Find the invoices. Return a nice format.
          - user: "{{ mail }}"

    Good:
        === prompts/extract.yaml
        blocks:
          - instructions: 'Find the amount and the date. Return JSON with the keys "amount" and "date".'
          - user: "{{ mail }}"

    Good:
        === prompts/extract.yaml
        blocks:
          - instructions: Find the amount and the date. Return JSON.
          - format: {schema: {type: object, properties: {amount: {type: number}}, required: [amount]}}
          - user: "{{ mail }}"

    Source: what a prompt leaves open is guessed right less than half of the time, and such prompts are twice as likely
    to get worse with another model, arXiv 2505.13360; a schema in the request was kept in every answer, a form in words
    in less than 40 %, OpenAI on an older model. Against it: a person who reads the answer may not mind (C).
    """
    if declares_form(view):
        return
    for speech in view.of("system", "user"):
        for match in _empty_forms(speech.text):
            if not _TELLS_MORE.match(match["after"]):
                yield Hit(speech.at(*match.span("words")), _vague(match["words"]))
                break
    yield from _bare_json(view)


def _empty_forms(text: str) -> Iterator[re.Match[str]]:
    start = 0
    for line in text.split("\n"):
        own = words(line)
        if not _FORMS.isdisjoint(own) and not _ADJECTIVES.isdisjoint(own):
            yield from _EMPTY.finditer(text, start, start + len(line))
        start += len(line) + 1


def _vague(phrase: str) -> str:
    return f"'{one_line(phrase)}' leaves the form to the model; name it, or add a `format` block"


def _bare_json(view: View) -> Iterator[Hit]:
    speeches = [each for each in view.of("system", "user", "assistant") if "json" in each.folded]
    if not speeches:
        return
    every = list(view.of("system", "user", "assistant"))
    if any(_SHAPE.search(each.text) for each in every):
        return
    if any(_SHAPES.search(name) for each in every for piece in each.pieces for name in piece.names):
        return
    for speech in speeches:
        match = _JSON.search(speech.text)
        if match is not None:
            phrase = one_line(match["words"].strip())
            message = f"'{phrase}' names no key; name the keys, or add a `format` block with the schema"
            yield Hit(speech.at(*match.span("words")), message)
            return


_SORT = re.compile(
    r"(?:^|[.!?;\n]|\bplease|\btask is to|\bjob is to)[\s*#>-]*(?P<words>(?:classify|categori[sz]e|extract|label|tag)\b"
    r"(?P<what>[^.!?\n]{3,200}))",
    re.IGNORECASE,
)
_STEP = re.compile(r"[ \t>]*(?:[-*+•]|\d{1,2}[.)])[ \t]+\**")
_SAYS = re.compile(r",|\bor\b|\band\b|\bas\b|\binto\b|:|\bwhether\b|\bby\b", re.IGNORECASE)
_FORMED = re.compile(
    r"[{}\[\]`\"“]|\b(?:json|xml|yaml|csv|markdown|html|tables?|lists?|bullets?|sentences?|words?|paragraphs?|lines?"
    r"|labels?|categor(?:y|ies)|classes|headings?|sections?|formats?|formatted|schema|one of|yes|numbers?|scores?|tags?"
    r"|columns?|fields?|keys?|separated|examples?|output|numbered|only|exactly|following|below|options?|values?)\b",
    re.IGNORECASE,
)


@rule("S201", "no-output-format", "warning", "C", "view", preview=True)
def no_output_format(view: View) -> Iterator[Hit]:
    """A prompt that sorts or extracts, and says nothing of the form of its answer.

    Why: a program reads such an answer, and each call may give another form: a list, a sentence, other labels.

    Bad: prompts/sort.yaml:2:19
        === prompts/sort.yaml
        blocks:
          - instructions: Classify the customer's mood.
          - user: "{{ mail }}"

    Good:
        === prompts/sort.yaml
        blocks:
          - instructions: Classify the customer's mood.
          - format: {choices: [calm, angry]}
          - user: "{{ mail }}"

    Good:
        === prompts/sort.yaml
        blocks:
          - instructions: Classify the customer's mood as calm or angry.
          - user: "{{ mail }}"

    Source: what a prompt leaves open is guessed right in 41 % of cases, and such prompts are twice as likely to get
    worse with another model, arXiv 2505.13360. Against it: the same study finds that specifying everything does not
    help reliably, so nothing is asked of prompts that people read, of a step in a list, nor where any form, label or
    field is named (C).
    """
    speeches = [each for each in view.of("system", "user") if each.text.strip()]
    found = next(
        (
            (each, match)
            for each in speeches
            for match in _SORT.finditer(each.text)
            if not _is_step(each.text, match.start("words"))
        ),
        None,
    )
    if found is None or _SAYS.search(found[1]["what"]) or declares_form(view):
        return
    every = list(view.of("system", "user", "assistant"))
    if any(_FORMED.search(each.text) for each in every):
        return
    if any(_SHAPES.search(name) for each in every for piece in each.pieces for name in piece.names):
        return
    speech, match = found
    phrase = one_line(match["words"].strip())
    shown = phrase if len(phrase) <= SHOWN else phrase[: SHOWN - 1] + "…"
    message = f"'{shown}' says nothing of the answer's form; name the labels or fields, or add a `format` block"
    yield Hit(speech.at(*match.span("words")), message)


def _is_step(text: str, start: int) -> bool:
    """Whether what begins there is an item of a list: one step of a task, whose answer another step gives."""
    line = text.rfind("\n", max(0, start - SHOWN), start) + 1
    return _STEP.fullmatch(text[line:start]) is not None
