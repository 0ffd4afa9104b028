"""Tool definitions, inline and in files, and blocks of media."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from promptkit.content import Attachment, Text, Tools
from promptkit.errors import Span
from promptkit.messages import Tool
from promptkit.read import fields, keys
from promptkit.read.data import check_schema, read_json
from promptkit.read.nodes import (
    Fault,
    Map,
    Node,
    Problems,
    Scalar,
    Seq,
    describe,
    plain_data,
    python_node,
    template_text,
)
from promptkit.read.texts import read_text
from promptkit.read.yamls import read_yaml

if TYPE_CHECKING:
    from promptkit.trees import Tree

# Source: https://platform.openai.com/docs/api-reference/chat/create, tools (checked 2026-11-24)
_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")


def tools(node: Node, problems: Problems) -> Tools:
    """The content of a tools block: a list of definitions and of paths."""
    if not isinstance(node, Seq):
        raise Fault(node.span, f"'tools' takes a list of definitions and paths of files, not {describe(node)}")
    if not node.value:
        raise Fault(node.span, "tools is empty; name a tool, or remove the block")
    return Tools(problems.each(_entry, node.value, problems))


def attachment(node: Node, problems: Problems) -> Attachment:
    """The content of a media block: the input that holds it."""
    if not isinstance(node, Map):
        raise Fault(node.span, f"'media' takes a mapping with input, not {describe(node)}")
    fields.refuse_unknown(node, keys.MEDIA, "key of media", problems)
    if "input" not in node.entries:
        raise Fault(node.span, "'media' takes input, the name of an input of type image, audio or file")
    detail = node.entries.get("detail")
    return Attachment(
        fields.name(node.entries["input"], "input"),
        None if detail is None else fields.one_of(detail, "detail", keys.DETAILS),
    )


def read_tools(tree: Tree, path: str, problems: Problems) -> tuple[Tool, ...] | None:
    """The tools of a file, .yaml, .yml or .json: one definition, or a list of them; None where one has a problem.

    Raises Fault.
    """
    source = read_text(tree, path)
    if path.endswith(".json"):
        root: Node | None = python_node(read_json(source, path), Span(path, 1, 1))
    else:
        root = read_yaml(source, path)
    if root is None:
        raise Fault(Span(path), "is empty; write a tool: name, description, parameters")
    if isinstance(root, Seq) and not root.value:
        raise Fault(root.span, "is empty; write a tool: name, description, parameters")
    before = len(problems.found)
    found = problems.each(_tool, root.value if isinstance(root, Seq) else (root,), problems)
    return found if len(problems.found) == before else None


def _entry(node: Node, problems: Problems) -> Tool | Text:
    if not isinstance(node, Scalar):
        return _tool(node, problems)
    path = fields.name(node, "the path of a tool file")
    return template_text(node) if "{{" in path else Text(path, path, node.span, literal=True)


def _tool(node: Node, problems: Problems) -> Tool:
    entry = fields.mapping(node, "a tool")
    inner = entry.entries.get("function")
    if isinstance(inner, Map) and set(entry.entries) <= {"type", "function"}:
        entry = inner  # the envelope of OpenAI's chat API
    fields.refuse_unknown(entry, keys.TOOL, "key of a tool", problems)
    found = entry.entries
    missing = [key for key in ("name", "description") if key not in found]
    if missing:
        raise Fault(entry.span, f"a tool needs {' and '.join(missing)}")
    name = fields.name(found["name"], "a tool's name")
    if not _NAME.fullmatch(name):
        raise Fault(found["name"].span, f"'{name[:70]}' cannot be a tool's name; use up to 64 letters, digits, _ and -")
    parameters: dict[str, Any] = {"type": "object", "properties": {}}
    if "parameters" in found:
        parameters = plain_data(fields.mapping(found["parameters"], "parameters"))
        check_schema(parameters, found["parameters"].span)
        if parameters.get("type") != "object":
            raise Fault(found["parameters"].span, "parameters must be a JSON Schema of type: object")
    return Tool(name, fields.name(found["description"], "a tool's description"), parameters, "", entry.span)
