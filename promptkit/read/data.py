"""Example data and schemas: YAML, JSON and JSON Lines files, and records written in a prompt."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from promptkit.content import Record, Records
from promptkit.errors import InputError, PromptkitError, Span
from promptkit.messages import Media, Message, ToolCall
from promptkit.read import keys
from promptkit.read.advice import json_advice
from promptkit.read.fields import mapping, refuse_unknown, sequence, string
from promptkit.read.nodes import MAX_DEPTH, Fault, Node, Problems, describe, plain_data, python_node
from promptkit.read.texts import decode, read_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from promptkit.trees import Tree

_PLAIN_KEYS = frozenset({"inputs", "output", "reasoning", "id"})
ROLES = ("system", "user", "assistant", "tool")


def read_records(tree: Tree, path: str, problems: Problems) -> Records:
    """The records of an example file: .yaml, .yml, .json (a list) or .jsonl (one a line)."""
    source = read_text(tree, path)
    if path.endswith(".jsonl"):
        lines = [(number, line) for number, line in enumerate(source.split("\n"), 1) if line.strip()]
        values = ((read_json(line, path, number), line, Span(path, number, 1)) for number, line in lines)
        return Records(path, problems.each(_json_record, values, problems))
    if path.endswith(".json"):
        nodes: Any = sequence(python_node(read_json(source, path), Span(path, 1, 1)), "an example file")
    elif path.endswith((".yaml", ".yml")):
        from promptkit.read.yamls import read_yaml  # here: a prompt made in Python reads no YAML

        root = read_yaml(source, path)
        if root is None:
            raise Fault(Span(path), "has no records; write a list of them")
        nodes = sequence(root, "an example file")
    else:
        raise Fault(Span(path), "is no example file; use .yaml, .json or .jsonl")
    return Records(path, problems.each(record, nodes, problems))


def read_schema(tree: Tree, path: str) -> dict[str, Any]:
    """A JSON Schema file, its `$ref` all local. Raises Fault."""
    return _schema(read_text(tree, path), path)


def schema_from(source: str, path: str) -> dict[str, Any]:
    """The JSON Schema that a text holds, be it in a library or not. Raises PromptkitError."""
    try:
        return _schema(source, path)
    except Fault as fault:
        raise PromptkitError(fault.problem.message, fault.problem.span) from fault


def _schema(source: str, path: str) -> dict[str, Any]:
    schema = read_json(source, path)
    if not isinstance(schema, dict):
        raise Fault(Span(path, 1, 1), f"must be a JSON object, not {describe(python_node(schema, Span(path)))}")
    check_schema(schema, Span(path, 1, 1))
    return schema


def check_schema(schema: dict[str, Any], span: Span) -> None:
    """Refuse what is not a JSON Schema, and references that leave it."""
    from promptkit.schemas import schema_fault  # here: jsonschema is slow to import

    fault = schema_fault(schema)
    if fault:
        raise Fault(span, f"is not a JSON Schema: {fault}")


def read_values(content: bytes, path: str) -> dict[str, Any]:
    """The inputs of a call from a file, JSON or YAML: a mapping of names to values. Raises PromptkitError."""
    try:
        source = decode(content, path)
        is_json = path.endswith(".json") or source.lstrip()[:1] == "{"
        from promptkit.read.yamls import read_yaml  # here: a prompt made in Python reads no YAML

        node = python_node(read_json(source, path), Span(path, 1, 1)) if is_json else read_yaml(source, path)
        found: dict[str, Any] = plain_data(mapping(node, "values", Span(path)))
    except Fault as fault:
        raise InputError(fault.problem.message, fault.problem.span) from fault
    return found


class _NotJSON(Exception):
    """What the json module would take and RFC 8259 does not; holds a message and a code."""


def _object(items: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(items)
    if len(found) < len(items):
        names = [name for name, _ in items]
        double = next(name for name in names if names.count(name) > 1)
        raise _NotJSON(f"the key '{double}' stands twice; keep one", "D605")
    return found


def _constant(text: str) -> Any:
    raise _NotJSON(f"{text} is not JSON; write null or a number")


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant)  # here: loads would make one a call


def read_json(source: str, path: str, line: int = 1) -> Any:
    """JSON as RFC 8259 has it: a double key, NaN and Infinity are faults."""
    try:
        return json.loads(source) if source.startswith("\ufeff") else _DECODER.decode(source)
    except _NotJSON as error:
        raise _with_place(Fault(Span(path, line), *error.args), source) from error
    except json.JSONDecodeError as error:
        place = Span(path, line + error.lineno - 1, error.colno)
        raise Fault(place, f"JSON: {json_advice(error.msg, source[error.pos :])}") from error
    except RecursionError as error:
        raise Fault(Span(path, line), "JSON: nested too deep; flatten it") from error
    except ValueError as error:  # an integer of more than 4,300 digits
        raise Fault(Span(path, line), "JSON: a number is too long; write it as a string") from error


def _with_place(fault: Fault, source: str) -> Fault:
    """The fault of a JSON text, where that is a double key at its place: YAML's reader meets it too, and has places."""
    from promptkit.read.yamls import read_yaml  # here: JSON that is right asks for no place

    try:
        read_yaml(source, fault.problem.span.path, fault.problem.span.line or 1)
    except Fault as other:
        return other if other.problem.code == fault.problem.code == "D605" else fault
    return fault


def record(node: Node, problems: Problems) -> Record:
    """One example: inputs and output, or messages in chat form."""
    fields = mapping(node, "a record")
    refuse_unknown(fields, keys.RECORD, "key of a record", problems)
    entries = fields.entries
    if "messages" in entries:
        others = sorted(set(entries) & {"inputs", "output", "reasoning"})
        if others:
            raise Fault(fields.keys[others[0]], f"a record has messages or {others[0]}, not both")
        return Record({}, None, fields.span, id=_identity(entries), messages=_messages(entries["messages"]))
    missing = [key for key in ("inputs", "output") if key not in entries]
    if missing:
        raise Fault(fields.span, f"a record needs {' and '.join(missing)}")
    return Record(
        inputs=plain_data(mapping(entries["inputs"], "inputs")),
        output=plain_data(entries["output"]),
        span=fields.span,
        reasoning=string(entries["reasoning"], "reasoning") if "reasoning" in entries else None,
        id=_identity(entries),
    )


def _identity(entries: Mapping[str, Node]) -> str | None:
    return str(plain_data(entries["id"])) if "id" in entries else None


def _json_record(line: tuple[Any, str, Span], problems: Problems) -> Record:
    """One line of a .jsonl file. One that is plainly a record is taken as it is: nodes would take most of the time."""
    data, source, span = line
    shallow = source.count("[") + source.count("{") <= MAX_DEPTH
    if shallow and isinstance(data, dict) and "output" in data and data.keys() <= _PLAIN_KEYS:
        inputs, reasoning = data.get("inputs"), data.get("reasoning")
        if isinstance(inputs, dict) and isinstance(reasoning, str) == ("reasoning" in data):
            return Record(inputs, data["output"], span, reasoning, str(data["id"]) if "id" in data else None)
    return record(python_node(data, span), problems)


def _messages(node: Node) -> tuple[Message, ...]:
    messages = tuple(_message(item) for item in sequence(node, "messages"))
    if not messages:
        raise Fault(node.span, "messages is empty; write at least one")
    return messages


def _message(node: Node) -> Message:
    try:
        return chat_message(plain_data(mapping(node, "a message")))
    except InvalidMessage as error:
        raise Fault(node.span, str(error)) from error


class InvalidMessage(Exception):
    """Data that is no chat message; says which part and why."""


def chat_message(data: Any) -> Message:
    """A message of the shape that OpenAI's chat API takes: role, content, tool_calls, tool_call_id, name.

    Source: https://platform.openai.com/docs/api-reference/chat/create (checked 2026-11-24). Raises InvalidMessage.
    """
    if isinstance(data, Message):
        return data
    if not isinstance(data, dict):
        raise InvalidMessage(f"a message must be a mapping of role and content, not {type(data).__name__}")
    unknown = set(data) - {"role", "content", "tool_calls", "tool_call_id", "name"}
    if unknown:
        raise InvalidMessage(f"unknown key '{min(map(str, unknown))}' of a message")
    role, content, calls = data.get("role"), data.get("content"), data.get("tool_calls") or ()
    if role not in ROLES:
        raise InvalidMessage(f"unknown role {role!r}; known: {', '.join(ROLES)}")
    content, parts = _content("" if content is None and calls else content)
    if not isinstance(calls, list | tuple):
        raise InvalidMessage(f"tool_calls must be a list, not {type(calls).__name__}")
    if not isinstance(data.get("name", ""), str | None):
        raise InvalidMessage(f"name must be text, not {type(data['name']).__name__}")
    if not content.isascii() and any("\ud800" <= character <= "\udfff" for character in content):
        raise InvalidMessage("content holds half of a surrogate pair; decode it before you pass it")
    if calls and role != "assistant":
        raise InvalidMessage(f"tool_calls belong to the assistant, not to {role}")
    if (role == "tool") != isinstance(data.get("tool_call_id"), str):
        raise InvalidMessage("a tool message, and no other, has a tool_call_id")
    return Message(role, content, tuple(map(_tool_call, calls)), data.get("tool_call_id"), data.get("name"), parts)


def _content(content: Any) -> tuple[str, tuple[str | Media, ...]]:
    """The text of a message's content, and its parts where it holds media. Raises InvalidMessage."""
    parts: tuple[str | Media, ...] = ()
    if isinstance(content, list | tuple):
        parts = tuple(map(_part, content))
        content = "".join(part for part in parts if isinstance(part, str))
    if not isinstance(content, str):
        raise InvalidMessage(f"content must be text or a list of parts, not {type(content).__name__}")
    return content, () if all(isinstance(part, str) for part in parts) else parts


def _part(data: Any) -> str | Media:
    """A part of a message's content: text, or media. Raises InvalidMessage."""
    kind = data.get("type") if isinstance(data, dict) else None
    if kind == "text" and isinstance(data.get("text"), str):
        return str.__str__(data["text"])
    if kind not in {"image_url", "input_audio", "file"}:
        raise InvalidMessage("a part of content must be a mapping of type text, image_url, input_audio or file")
    from promptkit.media import from_part  # here: few histories hold media

    try:
        return from_part(data)
    except ValueError as error:
        raise InvalidMessage(f"its part of type {kind} {error}") from error


def _tool_call(data: Any) -> ToolCall:
    if isinstance(data, ToolCall):
        return data
    function = data.get("function", data) if isinstance(data, dict) else None
    if (
        not isinstance(function, dict)
        or not isinstance(data.get("id"), str)
        or not isinstance(function.get("name"), str)
    ):
        raise InvalidMessage("a tool call needs an id and a function with name and arguments")
    arguments = function.get("arguments", "{}")
    if not isinstance(arguments, str):
        from promptkit.blocks.kinds import compact_json

        arguments = compact_json(arguments)
    return ToolCall(data["id"], function["name"], arguments)
