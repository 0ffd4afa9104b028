"""Rules of the labels and fields that an answer may have."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from promptkit.content import Format
from promptkit.errors import one_line
from promptkit.lint.places import Place
from promptkit.lint.rule import Hit, rule
from promptkit.lint.rules.examples import labels_in, shots_of
from promptkit.lint.rules.roles import reasons
from promptkit.lint.views import every_leaf
from promptkit.lint.words import words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptkit.lint.views import View

MOST = 3  # labels that a message names
FEWEST = 3  # labels of a set of which one could be missing: two are a question and its answers
SORTS = re.compile(
    r"categor|class|\blabel|topic|intent|theme|subject|genre|queue|team|department|\btag\b|type|reason|cause|\bkind"
    r"|\broute|\bsort",
    re.IGNORECASE,
)
_FALLBACK = re.compile(
    r"\b(?:others?|none|null|unknown|unclear|unsure|uncertain|undetermined|n/?a|else|misc\w*|general|unrelated"
    r"|irrelevant|neither|mixed|neutral|maybe|any|default"
    r"|invalid|unspecified|unclassified|uncategori[sz]ed|unsupported|fallback"
    r"|ambiguous|not \w+|no \w+|cannot \w+|out of \w+|off topic|human|escalate)\b",
    re.IGNORECASE,
)
_DEGREE = re.compile(
    r"(?:very )?(?:low|lowest|medium|mid|moderate|normal|high|highest|critical|urgent|minor|major|blocker"
    r"|severe|mild|weak|strong|poor|fair|good|bad|excellent|never|rarely|sometimes|often|always|positive|negative|small|large|short|long"
    r"|easy|hard|beginner|intermediate|advanced|formal|informal|casual|true|false|yes|no|pass|fail|partial\w*|correct"
    r"|incorrect|(?:dis)?agree|p?\d.*|[a-z])",
    re.IGNORECASE,
)
_ELSE = re.compile(
    r"\b(?:otherwise|unsure|unclear|in doubt|not sure|no other|(?:does not|doesn['’]t|do not|don['’]t|none|nothing)"
    r" (?:\w+ )?(?:fit|match|appl|belong)|if none|none of|closest|best (?:fit|match)|most likely)",
    re.IGNORECASE,
)


@rule("S218", "no-fallback-label", "info", "D", "view")
def no_fallback_label(view: View) -> Iterator[Hit]:
    """A prompt that sorts into labels of which none is for what fits nowhere.

    Why: the model must take one of them for every text, so that what nobody thought of is counted under some label, and
    nobody learns that it was missing.

    Only three labels and more that are no scale, of a format's choices or of a field that holds a category; and only
    where the text does not say what to do in doubt.

    Bad: prompts/sort.yaml:3:5
        === prompts/sort.yaml
        blocks:
          - instructions: Name the topic of the ticket.
          - format: {choices: [billing, shipping, login]}
          - user: "{{ ticket }}"

    Good:
        === prompts/sort.yaml
        blocks:
          - instructions: Name the topic of the ticket.
          - format: {choices: [billing, shipping, login, other]}
          - user: "{{ ticket }}"

    Good:
        === prompts/sort.yaml
        blocks:
          - instructions: Name the topic of the ticket. In doubt take billing, where people read all of them.
          - format: {choices: [billing, shipping, login]}
          - user: "{{ ticket }}"

    Source: convention: a class for the rest, as in questionnaires and in classifiers that may reject. Against it: no
    study of prompts was found that measures it, a model may take "other" too readily, and some sets are complete (D).
    """
    for leaf in every_leaf(view.program.leaves):
        content = leaf.block.content
        if not isinstance(content, Format):
            continue
        for name, labels in labels_in(content):
            if not _is_open(labels) or not _sorts(view, name) or any(_ELSE.search(each.text) for each in view.speeches):
                continue
            shown = ", ".join(f"'{one_line(label)[:30]}'" for label in labels[:MOST])
            of = f" of '{one_line(name)}'" if name else ""
            told = f"no label{of} is for what fits none of {shown}{', ...' if len(labels) > MOST else ''}"
            yield Hit(Place.of(leaf.block.span), f"{told}; add 'other', or say which to take then")


def _is_open(labels: tuple[str, ...]) -> bool:
    """Whether a set of labels could lack one: neither a question's answers, nor a scale, nor one with a rest."""
    if len(labels) < FEWEST or any(_FALLBACK.search(re.sub(r"[_-]", " ", label)) or not label for label in labels):
        return False
    return sum(_DEGREE.fullmatch(label.strip()) is not None for label in labels) < 2


def _sorts(view: View, name: str | None) -> bool:
    return bool(SORTS.search(name)) if name else any(SORTS.search(each.text) for each in view.of("system", "user"))


_REASONS = words(
    "reason reasons reasoning rationale explanation explanations justification thought thoughts thinking analysis"
    " chain_of_thought thought_process evidence"
)
_ANSWERS = words(
    "answer final_answer label category class classification score rating grade verdict decision result conclusion"
    " choice prediction sentiment is_correct correct passed winner intent"
)
_HINT = re.compile(r"reason|rationale|explanation|justification|thought|thinking|analysis|evidence", re.IGNORECASE)
_KEY = re.compile(r"[{}]|[\"'](?P<key>[A-Za-z][\w -]{1,40})[\"']\s*:")
_FIRST = re.compile(
    r"step[ -]by[ -]step|<thinking>|<reasoning>|scratchpad|\bthink (?:first|through|about|carefully)"
    r"|\breason(?:ing)? first|\bfirst,? (?:think|explain)"
    r"|\bbefore (?:you |your )?(?:answer|giv|respon|provid|output|scor|writ|return|produc|decid)",
    re.IGNORECASE,
)
DEEPEST = 6  # objects of a schema within each other


@rule("D609", "answer-before-reasoning", "info", "B", "view")
def answer_before_reasoning(view: View) -> Iterator[Hit]:
    """A field for the reasoning that comes after the field for the answer.

    Why: a model writes in order. What it writes after the answer justifies that answer and cannot change it.

    Schemas, examples and JSON that the text shows are looked at. Nothing is said to a model that reasons by itself, or
    where the prompt has it think before it answers.

    Bad: prompts/judge.yaml:3:5
        === prompts/judge.yaml
        blocks:
          - instructions: Judge the answer.
          - format: {schema: {type: object, properties: {score: {type: integer}, reasoning: {type: string}}}}
          - user: "<answer>{{ answer }}</answer>"

    Bad: prompts/judge.yaml:4:28
        === prompts/judge.yaml
        blocks:
          - instructions: |-
              Judge the answer. Return JSON such as
              {"verdict": "pass", "explanation": "It names the source."}
          - user: "<answer>{{ answer }}</answer>"

    Good:
        === prompts/judge.yaml
        blocks:
          - instructions: Judge the answer.
          - format: {schema: {type: object, properties: {reasoning: {type: string}, score: {type: integer}}}}
          - user: "<answer>{{ answer }}</answer>"

    Source: of what a strict form costs on tasks of reasoning, most comes back where the reasoning comes first,
    https://arxiv.org/abs/2606.09410; https://arxiv.org/abs/2408.02442 finds the cost. Against it: large models lose
    little or nothing, it matters for tasks of reasoning alone, and an explanation may be meant for a reader (B).
    """
    model = view.variant.settings.model
    if model is not None and reasons(view, model):
        return
    hits = [*_in_schemas(view), *_in_examples(view), *_in_text(view)]
    if hits and not any(_FIRST.search(each.text) for each in view.of("system", "user")):
        yield from hits


def _in_schemas(view: View) -> Iterator[Hit]:
    for leaf in every_leaf(view.program.leaves):
        if leaf.block.kind == "chain_of_thought":
            return
        schema = leaf.block.content.schema if isinstance(leaf.block.content, Format) else None
        for keys in _objects(schema, DEEPEST):
            if late := _late(keys):
                yield Hit(Place.of(leaf.block.span), _told(*late))
                break


def _objects(schema: object, depth: int) -> Iterator[Iterable[str]]:
    """The properties of each object of a schema."""
    if not isinstance(schema, Mapping) or not depth:
        return
    properties = schema.get("properties")
    if isinstance(properties, Mapping):
        yield properties.keys()
        for each in properties.values():
            yield from _objects(each, depth - 1)
    yield from _objects(schema.get("items"), depth - 1)


def _in_examples(view: View) -> Iterator[Hit]:
    for shots in shots_of(view.variant):
        for record in shots.records[:1]:
            late = _late(record.output.keys()) if isinstance(record.output, Mapping) else None
            if late:
                yield Hit(Place.of(record.span), _told(*late))


def _in_text(view: View) -> Iterator[Hit]:
    """The first such field in the JSON of each message."""
    for speech in view.of("system", "user"):
        if "{" not in speech.text or _HINT.search(speech.text) is None:
            continue
        answers = [""]
        for match in _KEY.finditer(speech.text):
            key = _plain(match["key"] or "")
            if match[0] == "{":
                answers.append("")
            elif match[0] == "}":
                answers = answers[:-1] or [""]
            elif key in _ANSWERS:
                answers[-1] = answers[-1] or match["key"]
            elif key in _REASONS and answers[-1]:
                yield Hit(speech.at(*match.span("key")), _told(answers[-1], match["key"]))
                break


def _late(keys: Iterable[str]) -> tuple[str, str] | None:
    """The field for the answer and the one for the reasoning that comes after it."""
    names = [str(each) for each in keys]
    plain = [_plain(each) for each in names]
    first = next((at for at, each in enumerate(plain) if each in _ANSWERS), len(names))
    late = next((at for at, each in enumerate(plain) if each in _REASONS), -1)
    return (names[first], names[late]) if late > first else None


def _plain(key: str) -> str:
    return re.sub(r"[ -]", "_", key).casefold()


def _told(answer: str, reasoning: str) -> str:
    return f"'{one_line(reasoning)}' comes after '{one_line(answer)}', which it then cannot change; put it first"
