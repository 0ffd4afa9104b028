"""The forms in which a `format` block tells a JSON Schema: each with its text and the sentence before it.

Adding a form is one entry of FORMS. A form says all that the schema says of the answer, or raises Untellable.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

DEFAULT = "json"


class Untellable(Exception):
    """Something in a schema that no form but json can tell: its keyword, its place, and why."""

    def __init__(self, path: tuple[str | int, ...], why: str) -> None:
        super().__init__(path, why)
        self.path = path
        self.why = why

    def __str__(self) -> str:
        return f"{self.why} at {_pointer(self.path)}"


def _pointer(path: tuple[str | int, ...]) -> str:
    """A place in a schema as a JSON Pointer; the root is #."""
    return "#" + "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


class Form(NamedTuple):
    """One form: its text of a schema, what `promptkit schema` says of it, and the sentence before its text, where the
    answer is nothing but the JSON (`only`) and where it ends a longer one (`last`)."""

    text: Callable[[Mapping[str, Any]], str]
    help: str
    only: str
    last: str


def _json(schema: Mapping[str, Any]) -> str:
    from promptkit.blocks.forms.plain import compact  # here: as the others

    return compact(schema)


def _annotated(schema: Mapping[str, Any]) -> str:
    from promptkit.blocks.forms.nested import annotated  # here: most prompts have json

    return annotated(schema)


def _typescript(schema: Mapping[str, Any]) -> str:
    from promptkit.blocks.forms.nested import typescript  # here: most prompts have json

    return typescript(schema)


def _fields(schema: Mapping[str, Any]) -> str:
    from promptkit.blocks.forms.fields import fields  # here: most prompts have json

    return fields(schema)


FORMS: Mapping[str, Form] = {
    "json": Form(
        _json,
        "compact JSON Schema",
        "Answer with JSON only, valid under this JSON Schema, and no other text:",
        "Write the final answer as JSON that is valid under this JSON Schema:",
    ),
    "annotated": Form(
        _annotated,
        "a skeleton of the answer with comments",
        "Answer with JSON only, this skeleton with values for its types and no comments, and no other text:",
        "Write the final answer as JSON, this skeleton with values for its types and no comments:",
    ),
    "typescript": Form(
        _typescript,
        "TypeScript types with comments",
        "Answer with JSON only, of the TypeScript type Answer, and no other text:",
        "Write the final answer as JSON of the TypeScript type Answer:",
    ),
    "fields": Form(
        _fields,
        "a nested list of fields",
        "Answer with JSON only, made of these fields, and no other text:",
        "Write the final answer as JSON made of these fields:",
    ),
}
