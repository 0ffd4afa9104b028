"""Blocks in Python: one function a kind, each giving the entry that a prompt file would hold.

Every function takes the keys that any entry may have beside its content: `name`, `with_` (the file's `with`), `when`,
`to`, `join`, `blocks` (children of a group), and `before` or `after` in an overlay's `add`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict, Unpack

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Entry = dict[str, Any]


class Common(TypedDict, total=False):
    """Keys of any entry."""

    name: str
    with_: Mapping[str, Any]
    when: str
    to: str
    join: str
    blocks: Sequence[Entry]
    before: str
    after: str


def use(name: str, /, **common: Unpack[Common]) -> Entry:
    """A block of the library, or of promptkit's own `std/`."""
    return _entry("use", name, common)


def group(blocks: Sequence[Entry], /, **common: Unpack[Common]) -> Entry:
    """Blocks that share `to`, `when`, `with` and `join`, without a text of their own."""
    return _entry(None, None, {**common, "blocks": blocks})


def text(content: str, /, **common: Unpack[Common]) -> Entry:
    """Plain text, to the system message."""
    return _entry("text", content, common)


def system(content: str, /, **common: Unpack[Common]) -> Entry:
    """The foundation: behaviour, boundaries, tone."""
    return _entry("system", content, common)


def role(content: str, /, **common: Unpack[Common]) -> Entry:
    """The persona."""
    return _entry("role", content, common)


def instructions(content: str, /, **common: Unpack[Common]) -> Entry:
    """The task itself."""
    return _entry("instructions", content, common)


def context(content: str | Mapping[str, Any], /, **common: Unpack[Common]) -> Entry:
    """Context as text, or as a mapping: `input`, `text`, `take`, `max_tokens`, `item_max_tokens`."""
    return _entry("context", content, common)


def examples(records: Sequence[Mapping[str, Any]] | Mapping[str, Any], /, **common: Unpack[Common]) -> Entry:
    """Few-shot examples: records, or a mapping: `from` or `records`, `take`, `select`, `answer`, `text` ..."""
    return _entry("examples", records, common)


def chain_of_thought(content: str, /, **common: Unpack[Common]) -> Entry:
    """Asks for reasoning first, then a delimited answer."""
    return _entry("chain_of_thought", content, common)


def format(  # noqa: A001 (the kind's name)
    content: str | Mapping[str, Any] | type, /, **common: Unpack[Common]
) -> Entry:
    """The form of the answer: text, a Pydantic model, or a mapping: `schema` (JSON Schema or a Pydantic model) with
    `form` and `structured`, `choices`, `sections`, `list`."""
    if isinstance(content, type):
        content = {"schema": content}
    return _entry("format", content, common)


def negative(*avoid: str | Mapping[str, str], **common: Unpack[Common]) -> Entry:
    """What not to do: texts, or mappings of `avoid` and `instead`."""
    return _entry("negative", list(avoid), common)


def user(content: str, /, **common: Unpack[Common]) -> Entry:
    """A user turn."""
    return _entry("user", content, common)


def assistant(content: str, /, **common: Unpack[Common]) -> Entry:
    """An assistant turn."""
    return _entry("assistant", content, common)


def history(content: Mapping[str, Any], /, **common: Unpack[Common]) -> Entry:
    """Earlier turns: `input` names an input of type messages; `max_tokens` trims them."""
    return _entry("history", content, common)


def tools(definitions: Sequence[str | Mapping[str, Any]], /, **common: Unpack[Common]) -> Entry:
    """Functions that the model may call: mappings of `name`, `description`, `parameters`, or paths of files of them.

    `parameters` is a JSON Schema of type object, or a Pydantic model.
    """
    return _entry("tools", definitions, common)


def media(content: Mapping[str, Any], /, **common: Unpack[Common]) -> Entry:
    """A part that is no text: `input` names an input of type image, audio or file; `detail` is low, high or auto."""
    return _entry("media", content, common)


def _entry(key: str | None, content: Any, common: Mapping[str, Any]) -> Entry:
    entry = {} if key is None else {key: content}
    return entry | {"with" if name == "with_" else name: value for name, value in common.items()}
