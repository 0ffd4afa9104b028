"""Rules of texts that know which model reads them."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

from promptkit.lint.places import place
from promptkit.lint.rule import Hit, rule
from promptkit.lint.views import every_leaf
from promptkit.read import own_blocks
from promptkit.render.program import program

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptkit.content import Text
    from promptkit.lint.views import Sight, Speech
    from promptkit.lint.whole import Whole
    from promptkit.model import Block

MOST = 5  # findings of one text
_FAMILIES = (
    "chatgpt|claude|codestral|command-r|deepseek|devstral|gemini|gemma|glm|gpt|grok|kimi|llama|magistral|mistral|"
    "mixtral|nova|phi|qwen"
)
_MAKERS = "anthropic|azure_openai|bedrock|haiku|mistralai|ollama|openai|openrouter|opus|sonnet|vertex_ai|xai"
_PATH = r"(?:[\w.-]+/)*"
_MODEL = re.compile(rf"{_PATH}(?:(?:{_FAMILIES})[\w-]*[-.:]?\d|o[134](?:-|$))", re.IGNORECASE)
_MAKER = re.compile(rf"(?:{_FAMILIES}|{_MAKERS})\b", re.IGNORECASE)
_HINT = re.compile(rf"[\"']{_PATH}(?:{_FAMILIES}|{_MAKERS}|o[134])", re.IGNORECASE)
_ASKED = re.compile(r"\b(?:llm|llm_name|llm_provider|model|model_id|model_name|provider|vendor)\b")
_QUOTED = re.compile(r"[\"']([^\"'\n]{2,80})[\"']")
_NAME = re.compile(r"[A-Za-z_]\w*")
_DECIDES = re.compile(r"\bif\b")

_ADDRESSED = re.compile(
    r"\b(?:(?P<as>As)|[Yy]ou are|[Yy]ou're|[Aa]ct as)[ ]"
    r"(?P<model>(?P<family>ChatGPT|GPT|Claude|Gemini|Llama|Mistral|DeepSeek|Qwen|Grok)(?:-?[ ]?\d(?:[\w.]{0,9}\w)?)?"
    r"(?:[ ](?:Sonnet|Opus|Haiku|Pro|Flash|Turbo|Large|Small)\b)?)(?![\w'-]|[ ][A-Z])(?(as)(?=,))"
)
_FAMILY = re.compile(r"chatgpt|gpt|\bo[134](?=-|$)|claude|gemini|llama|mistral|deepseek|qwen|grok", re.IGNORECASE)
_SAME = {"chatgpt": "gpt", "o1": "gpt", "o3": "gpt", "o4": "gpt"}


@rule("L704", "model-in-text", "info", "D", "library")
def model_in_text(whole: Whole) -> Iterator[Hit]:
    """A text or a `when` hangs on which model reads it, or speaks to one of several models, outside of a variant.

    Why: a variant is measured, compared and reviewed by itself; a branch in a text is seen by nobody until the other
    model gets it, and each new model needs all texts read again.

    What is left alone: an input that variants set or a matrix crosses, and a text that only models of that family get.

    Bad: blocks/instructions/answer.md:2:16
        === blocks/instructions/answer.md
        Answer in one word.
        {% if model == "gpt-4o" %}Do not explain.{% endif %}
        === prompts/route.yaml
        inputs:
          model: {type: string}
        blocks:
          - use: instructions/answer
          - user: "{{ mail }}"

    Bad: blocks/role/agent.md:1:9
        === promptkit.yaml
        models: [gpt-4.1-mini, claude-sonnet-4-5]
        === blocks/role/agent.md
        You are ChatGPT, and answer mails about invoices.
        === prompts/reply.yaml
        blocks:
          - use: role/agent
          - user: "{{ mail }}"

    Good:
        === prompts/route.yaml
        blocks:
          - instructions: Answer in one word.
          - user: "{{ mail }}"
        variants:
          gpt-4o:
            model: gpt-4o
            add:
              - {instructions: Do not explain., after: instructions}

    Source: how promptkit counts and compares. Against it: an application that cannot choose a variant in a call needs
    the branch, and a model told another's name mostly answers as well (D).
    """
    yield from _branches(whole)
    if any(_ADDRESSED.search(passage.source) for passage in whole.passages):
        for sight in whole.sights:
            yield from _addressed(sight)


def _branches(whole: Whole) -> Iterator[Hit]:
    fixed: frozenset[str] | None = None
    for text, start, end in _tests(whole):
        words = text.source[start:end]
        for match in islice(_QUOTED.finditer(words), MOST):
            if not (_MODEL.match(match[1]) or (_MAKER.match(match[1]) and _ASKED.search(words))):
                continue
            fixed = _fixed(whole) if fixed is None else fixed
            if fixed.isdisjoint(_NAME.findall(_QUOTED.sub("", words))):
                told = (
                    f"what the model gets hangs on '{match[1]}' here; say it in a variant, which is measured by itself"
                )
                yield Hit(place(text, start + match.start(), start + match.end()), told)
            break


def _tests(whole: Whole) -> Iterator[tuple[Text, int, int]]:
    """What decides about a part of a text or about a block, by its offsets."""
    for passage in whole.passages:
        if "{" in passage.source and _HINT.search(passage.source):
            for each in passage.atoms:
                is_choice = each.kind == "value" and _DECIDES.search(passage.source, each.start, each.end) is not None
                if is_choice or each.name in {"if", "elif"}:
                    yield passage.text, each.start, each.end
    for prompt in whole.prompts:
        whens = [block.when for block in own_blocks(prompt.spec) if block.when is not None]
        yield from ((when, 0, len(when.source)) for when in whens)


def _fixed(whole: Whole) -> frozenset[str]:
    """The inputs that variants set."""
    return frozenset(name for sight in whole.sights for variant in sight.variants for name in variant.set)


def _addressed(sight: Sight) -> Iterator[Hit]:
    """The texts that speak to a model of another family than one that they are sent to."""
    speeches = (speech for view in sight.views for speech in view.of("system", "user"))
    for speech in speeches:
        for match in islice(_ADDRESSED.finditer(speech.text), MOST):
            other = _other(sight, speech.piece_at(match.start()).block, _family(match["family"]))
            if other is not None and not _is_quoted(speech, match):
                told = (
                    f"'{match['model']}' is spoken to, and '{other}' gets it too; leave the name out, or use a variant"
                )
                yield Hit(speech.at(*match.span("model")), told)


def _other(sight: Sight, block: Block, family: str) -> str | None:
    """A model of another family that gets a block."""
    known = sight.library.config.models
    for variant in sight.variants:
        if any(leaf.block is block for leaf in every_leaf(program(variant).leaves)):
            for model in (variant.settings.model,) if variant.settings.model else known:
                if _family(model) not in {"", family}:
                    return model
    return None


def _family(model: str) -> str:
    """The family of a model by its name, empty where it is of none that is known here."""
    found = _FAMILY.search(model.rpartition("/")[2])
    name = found[0].lower() if found is not None else ""
    return _SAME.get(name, name)


def _is_quoted(speech: Speech, match: re.Match[str]) -> bool:
    return speech.text[max(0, match.start() - 1) : match.start()] in {'"', "'", "`", "“", "‘"}
