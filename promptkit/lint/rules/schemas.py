"""Rules that hold what a prompt says of its answer against the schema that it declares."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from promptkit.content import Format
from promptkit.lint.lists import lists
from promptkit.lint.rule import Hit, rule
from promptkit.lint.views import every_leaf

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptkit.lint.lists import Name, Names
    from promptkit.lint.views import View

MOST_NODES = 5_000  # of a schema that are looked at
MOST_PLACES = 100  # of a schema whose names are known
LONGEST = 60  # names of a list
SHOWN = 6  # names that a message shows
_BETWEEN = re.compile(r"[\s_-]+")
_VALUES = re.compile(
    r"\b(?:one of|either|among|(?:must|can|may|should) be|(?:choose|pick|select)\b[^.!?\n]{0,30}\b(?:of|from|between)"
    r"|(?:classify|sort|label|mark|rate|set)\b[^.!?\n]{0,40}\b(?:as|into|to)"
    r"|(?:values?|labels?|categor(?:y|ies)|classes|options?|choices)\b[^.!?\n\"'`]{0,30})[^.!?\n\"'`\w]*(?:the \w+ )?$",
    re.IGNORECASE,
)
_KEYS = re.compile(r"\b(?:keys?|fields?|propert(?:y|ies)|attributes?)\b[^.!?\n\"'`]{0,30}$", re.IGNORECASE)
_KEYS_AFTER = re.compile(r"[ ]?(?:\w+[ ])?(?:keys|fields|properties|attributes)\b", re.IGNORECASE)
_REFUSES = re.compile(
    r"\b(?:not|never|no|nor|except|instead of|other than|avoid|without|besides)\b|n't\b", re.IGNORECASE
)


class Vocabulary(NamedTuple):
    """Names that a schema allows in one place: the properties of an object, or the values of `place`."""

    place: str | None
    names: tuple[str, ...]


@rule("D603", "prose-schema-mismatch", "warning", "A", "view", preview=True)
def prose_schema_mismatch(view: View) -> Iterator[Hit]:
    """A list in the text names a value or a field that the declared schema does not have.

    Why: the model is told one thing and held to another; a provider that enforces the schema makes it choose a value
    that the text does not describe, and one that does not lets through what the program refuses.

    What is left alone: lists that only share a name or two with the schema, values that the schema has and a list
    lacks, and lists that say what not to answer.

    Bad: prompts/route.yaml:5:9
        === prompts/route.yaml
        blocks:
          - instructions: |
              Queues:
              - billing: charges and refunds
              - signin: passwords and codes
              - shipping: parcels
              - other: everything else
          - format:
              schema:
                type: object
                properties: {queue: {type: string, enum: [billing, access, shipping, other]}}
                required: [queue]
          - user: "{{ mail }}"

    Bad: prompts/route.yaml:2:65
        === prompts/route.yaml
        blocks:
          - instructions: 'Answer with the keys "queue", "urgency" and "reason".'
          - format:
              schema:
                type: object
                properties: {queue: {type: string}, urgency: {type: string}, evidence: {type: string}}
                required: [queue, urgency, evidence]
          - user: "{{ mail }}"

    Good:
        === prompts/route.yaml
        blocks:
          - instructions: |
              Queues:
              - billing: charges and refunds
              - access: passwords and codes
              - shipping: parcels
              - other: everything else
          - format:
              schema:
                type: object
                properties: {queue: {type: string, enum: [billing, access, shipping, other]}}
                required: [queue]
          - user: "{{ mail }}"

    Source: the names in the text against those in the schema or among the choices, without case, hyphens and
    underscores. Against it: that a list is meant to be the schema's is told by how many names they share, and 25 real
    prompts with a schema, none of which it finds fault with, are few (A).
    """
    known = vocabularies(view)
    if not known:
        return
    own = {_bare(name) for each in known for name in each.names}
    for speech in view.of("system", "user"):
        for each in lists(speech.text):
            hit = _unknown(each, known, own)
            if hit is None or speech.piece_at(hit[0].start).source is None:
                continue
            name, vocabulary = hit
            yield Hit(speech.at(name.start, name.end), _told(name.text, vocabulary))


def _unknown(found: Names, known: list[Vocabulary], own: set[str]) -> tuple[Name, Vocabulary] | None:
    """The first name of a list that its vocabulary lacks; None where it has all, or the list is of something else."""
    if (
        not 3 <= len(found.names) <= LONGEST
        or _REFUSES.search(found.before)
        or all(_bare(each.text) in own for each in found.names)
    ):
        return None
    for vocabulary in known:
        allowed = {_bare(name) for name in vocabulary.names}
        said = {_bare(each.text): each for each in found.names}
        strange = [each for bare, each in said.items() if bare not in allowed]
        shared = len(said) - len(strange)
        is_whole = len(allowed) - shared <= len(strange) <= shared // 2
        if strange and is_whole and own.isdisjoint(_bare(each.text) for each in strange) and _is_of(found, vocabulary):
            return strange[0], vocabulary
    return None


def _is_of(found: Names, vocabulary: Vocabulary) -> bool:
    """Whether a list is said to be one of values, or of fields; four points say it by what they share."""
    if found.kind == "cases":
        return vocabulary.place is not None
    if found.kind == "points":
        named = vocabulary.place is None or (vocabulary.place and _bare(vocabulary.place) in _bare(found.before))
        return len(found.names) > 3 or bool(named)
    if vocabulary.place is None:
        return _KEYS.search(found.before) is not None or _KEYS_AFTER.match(found.after) is not None
    return _VALUES.search(found.before) is not None


def _told(name: str, vocabulary: Vocabulary) -> str:
    shown = ", ".join(f"'{each}'" for each in vocabulary.names[:SHOWN]) + ", ..." * (len(vocabulary.names) > SHOWN)
    if vocabulary.place is None:
        return f"'{name}' is no field of the schema, which has {shown}; make the two agree"
    of = f" for '{vocabulary.place}'" if vocabulary.place else ""
    return f"'{name}' is no value that the format allows{of}, which are {shown}; make the two agree"


def vocabularies(view: View) -> list[Vocabulary]:
    """The names that the formats of a variant allow, place by place."""
    found: list[Vocabulary] = []
    for leaf in every_leaf(view.program.leaves):
        content = leaf.block.content
        if isinstance(content, Format):
            if content.choices:
                found.append(Vocabulary("", content.choices))
            if isinstance(content.schema, Mapping):
                found += islice(_of_schema(content.schema), MOST_PLACES)
    return found


def _of_schema(schema: Mapping[str, object]) -> Iterator[Vocabulary]:
    stack: list[tuple[str, object]] = [("", schema)]
    for _ in range(MOST_NODES):
        if not stack:
            return
        place, node = stack.pop()
        if isinstance(node, list | tuple):
            stack += [(place, each) for each in node]
        elif isinstance(node, Mapping):
            properties, values = node.get("properties"), node.get("enum")
            if isinstance(properties, Mapping):
                if not isinstance(node.get("additionalProperties"), Mapping) and "patternProperties" not in node:
                    yield Vocabulary(None, tuple(map(str, properties)))
                stack += [(str(name), each) for name, each in properties.items()]
            if isinstance(values, list | tuple):
                yield Vocabulary(place, tuple(each for each in values if isinstance(each, str)))
            stack += [(place, each) for key, each in node.items() if key not in {"properties", "enum", "examples"}]


def _bare(name: str) -> str:
    return _BETWEEN.sub(" ", name.strip().casefold())
