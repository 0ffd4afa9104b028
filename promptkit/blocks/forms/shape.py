"""A JSON Schema as what the forms write: types, unions, objects and arrays, each with its notes.

What a form has no words for is refused with its place, so that nothing is lost on the way.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from promptkit.blocks.forms import Untellable
from promptkit.blocks.forms.plain import UNTOLD

if TYPE_CHECKING:
    from collections.abc import Mapping

Kind = Literal["any", "type", "literal", "ref", "object", "array", "anyOf", "oneOf", "allOf"]
Notes = dict[str, Any]

MAX_DEPTH = 100
ROOT = "Answer"
TYPES = ("string", "number", "integer", "boolean", "null", "object", "array")
RESERVED = frozenset({*TYPES, "any", "unknown", "true", "false", "type", "exactly", ROOT})

FAMILIES: Mapping[str, tuple[str, ...]] = {
    "string": ("minLength", "maxLength", "pattern"),
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    "array": ("minItems", "maxItems", "uniqueItems"),
    "object": ("minProperties", "maxProperties"),
}
FAMILY = {key: family for family, keys in FAMILIES.items() for key in keys}
ANNOTATIONS = (
    "format",
    "contentEncoding",
    "contentMediaType",
    "default",
    "examples",
    "deprecated",
    "readOnly",
    "writeOnly",
    "discriminator",
    "description",
)
_PARTS = {"properties": "object", "required": "object", "additionalProperties": "object"}
_PARTS |= {"items": "array", "prefixItems": "array"}
_COMBINED: tuple[Kind, ...] = ("anyOf", "oneOf", "allOf")
_KNOWN = {*UNTOLD, *FAMILY, *ANNOTATIONS, *_PARTS, *_COMBINED, "$defs", "definitions", "$ref", "type", "enum", "const"}
_OLD = re.compile(r"draft-0[3-7]|2019-09")


@dataclass(frozen=True, slots=True)
class Node:
    """One place of an answer. `name` is a type's or a reference's, `value` a literal's; `of` are the members of a union
    or intersection, or the first items of an array; `item` its other items, None for none. `others` is what other keys
    of an object hold, None where there are none."""

    kind: Kind
    notes: Notes = field(default_factory=dict)
    name: str = ""
    value: Any = None
    of: tuple[Node, ...] = ()
    item: Node | None = None
    fields: tuple[tuple[str, bool, Node], ...] = ()
    others: Node | None = None

    def noted(self, notes: Notes) -> Node:
        """The same with more notes."""
        return Node(self.kind, self.notes | notes, self.name, self.value, self.of, self.item, self.fields, self.others)


ANY = Node("any")


@dataclass(frozen=True, slots=True)
class Shape:
    """A schema's root and, by name, what its references name. `closed`: an object in it has no keys but its own;
    `open`: an object in it may have any others."""

    root: Node
    named: dict[str, Node]
    closed: bool
    open: bool


def shape(schema: Mapping[str, Any]) -> Shape:
    """The shape of a schema. Raises Untellable."""
    return _Reader(schema).shape()


def family(node: Node) -> str:
    """Whose constraints a node can have: its type's."""
    if node.kind in {"object", "array"}:
        return node.kind
    return "number" if node.name in {"number", "integer"} else node.name if node.kind == "type" else ""


class _Reader:
    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._schema = schema
        self._old = bool(_OLD.search(str(schema.get("$schema", ""))))
        self._names: dict[tuple[str, ...], str] = {(): ROOT}
        self._taken: dict[str, int] = dict.fromkeys((name.lower() for name in RESERVED), 1)
        self._waiting: list[tuple[tuple[str, ...], Any]] = []
        self._closed = self._open = False

    def shape(self) -> Shape:
        root = self._node(self._schema, ())
        named: dict[str, Node] = {}
        for path, schema in self._waiting:  # it grows while it is read
            named[self._names[path]] = self._node(schema, path)
        return Shape(root, named, self._closed, self._open)

    def _node(self, schema: Any, path: tuple[str | int, ...], depth: int = 0) -> Node:
        if depth > MAX_DEPTH:
            raise Untellable(path[:4], f"a schema nested more than {MAX_DEPTH} levels deep")
        if schema is True:
            return ANY
        if not isinstance(schema, dict):
            raise Untellable(path, "'false', which no value fits" if schema is False else "no schema")
        for key in schema:
            if key not in _KNOWN:
                raise Untellable((*path, key), f"the keyword '{key[:40]}'")
        parts = self._own(schema, path, depth)
        if "$ref" in schema:
            self._refuse_old_siblings(schema, path)
            parts.append(Node("ref", name=self._reference(schema["$ref"], (*path, "$ref"))))
        for key in _COMBINED:
            if key in schema:
                members = tuple(self._node(each, (*path, key, i), depth + 1) for i, each in enumerate(schema[key]))
                parts += members if key == "allOf" else [_joined(key, members)]
        notes = {key: schema[key] for key in ANNOTATIONS if key in schema}
        node = _joined("allOf", tuple(parts)) if parts else ANY
        if not notes:
            return node
        if node.notes.keys() & notes.keys():
            return Node("allOf", notes, of=(node,))  # here: what the part says of itself stays apart
        return node.noted(notes)

    def _refuse_old_siblings(self, schema: Mapping[str, Any], path: tuple[str | int, ...]) -> None:
        siblings = [key for key in schema if key not in {"$ref", "$defs", "definitions", *ANNOTATIONS, *UNTOLD}]
        if self._old and siblings:
            raise Untellable((*path, siblings[0]), f"'{siblings[0]}' beside '$ref', which its draft ignores")

    def _own(self, schema: Mapping[str, Any], path: tuple[str | int, ...], depth: int) -> list[Node]:
        """What type, enum and const say, with the constraints of these types."""
        values = _values(schema, path)
        stated = schema.get("type")
        types = [stated] if isinstance(stated, str) else list(stated or ())
        if "integer" in types and "number" in types:
            types.remove("integer")  # every integer is a number
        constraints = {key: schema[key] for key in FAMILY if schema.get(key, False) is not False}
        if values is not None:
            for key in _PARTS:
                if key in schema:
                    raise Untellable((*path, key), f"'{key}' beside the values of enum or const")
            fitting = [value for value in values if not types or any(_fits(value, name) for name in types)]
            if not fitting:
                raise Untellable((*path, "enum" if "enum" in schema else "const"), "values that its type forbids")
            node = _joined("anyOf", tuple(Node("literal", value=value) for value in fitting))
            return [node.noted(constraints)]
        held = {"number" if name == "integer" else name for name in types}
        for key in (*constraints, *_PARTS):
            wanted = FAMILY.get(key) or _PARTS[key]
            if key in schema and wanted not in held:
                beside = f"without 'type: {wanted}' beside it, so for some values only"
                raise Untellable((*path, key), f"'{key}' {beside}")
        members = []
        for name in types:
            kind = "number" if name == "integer" else name
            own = {key: value for key, value in constraints.items() if FAMILY[key] == kind}
            if name == "object":
                members.append(self._object(schema, own, path, depth))
            elif name == "array":
                members.append(self._array(schema, own, path, depth))
            elif name == "null":
                members.append(Node("literal", value=None))
            else:
                members.append(Node("type", own, name))
        return [_joined("anyOf", tuple(members))] if members else []

    def _object(self, schema: Mapping[str, Any], notes: Notes, path: tuple[str | int, ...], depth: int) -> Node:
        properties, required = schema.get("properties", {}), schema.get("required", [])
        more = schema.get("additionalProperties", True)
        needed = set(required)
        fields = [
            (name, name in needed, self._node(each, (*path, "properties", name), depth + 1))
            for name, each in properties.items()
        ]
        others = None if more is False else self._node(more, (*path, "additionalProperties"), depth + 1)
        for name in dict.fromkeys(required):
            if name not in properties:
                if others != ANY:
                    raise Untellable((*path, "required"), f"'required' of '{name[:40]}', which is no property")
                fields.append((name, True, ANY))
        self._closed |= others is None
        self._open |= others == ANY
        return Node("object", notes, fields=tuple(fields), others=others)

    def _array(self, schema: Mapping[str, Any], notes: Notes, path: tuple[str | int, ...], depth: int) -> Node:
        items, first = schema.get("items", True), schema.get("prefixItems", ())
        if isinstance(items, list) or (first and self._old):
            key = "items" if isinstance(items, list) else "prefixItems"
            raise Untellable((*path, key), f"'{key}' as the places of a list; the draft 2020-12 has prefixItems for it")
        of = tuple(self._node(each, (*path, "prefixItems", i), depth + 1) for i, each in enumerate(first))
        item = None if items is False else self._node(items, (*path, "items"), depth + 1)
        return Node("array", notes, of=of, item=item)

    def _reference(self, reference: Any, path: tuple[str | int, ...]) -> str:
        parts = tuple(_unescaped(part) for part in str(reference)[1:].split("/"))[1:]
        if str(reference)[1:2] not in {"", "/"}:
            raise Untellable(path, f"the reference '{str(reference)[:80]}', which is no path")
        if parts in self._names:
            return self._names[parts]
        found: Any = self._schema
        for part in parts:
            if isinstance(found, dict) and part in found:
                found = found[part]
            elif isinstance(found, list) and part.isdigit() and int(part) < len(found):
                found = found[int(part)]
            else:
                raise Untellable(path, f"the reference '{str(reference)[:80]}', which names nothing")
        name = self._names[parts] = self._free(parts[-1])
        self._waiting.append((parts, found))
        return name

    def _free(self, wanted: str) -> str:
        """A name of letters, digits and underscores that no other type has, whatever their case."""
        name = re.sub(r"\W+", "_", wanted, flags=re.ASCII)[:60].strip("_") or "Type"
        name = f"T{name}" if name[0].isdigit() else name
        number = self._taken.get(name.lower(), 0)
        while number:
            number += 1
            self._taken[name.lower()] = number
            name = f"{name}_{number}"
            number = self._taken.get(name.lower(), 0)
        self._taken[name.lower()] = 1
        return name


def _joined(kind: Kind, members: tuple[Node, ...]) -> Node:
    """A union or intersection; of one member, that member. One inside another of its kind is told as one."""
    if len(members) == 1:
        return members[0]
    found: list[Node] = []
    for member in members:
        flat = member.kind == kind != "oneOf" or (kind == "oneOf" and _is_enum(member))
        found += member.of if flat and not member.notes else (member,)
    return Node(kind, of=tuple(found))


def _is_enum(node: Node) -> bool:
    return node.kind == "anyOf" and all(member.kind == "literal" for member in node.of)


def _values(schema: Mapping[str, Any], path: tuple[str | int, ...]) -> list[Any] | None:
    if "const" in schema and "enum" in schema:
        raise Untellable((*path, "const"), "'const' beside 'enum'")
    return [schema["const"]] if "const" in schema else schema.get("enum")


def _fits(value: Any, name: str) -> bool:
    if name in {"number", "integer"}:
        whole = isinstance(value, int) or (isinstance(value, float) and (name == "number" or value.is_integer()))
        return whole and not isinstance(value, bool)
    types: dict[str, Any] = {"string": str, "boolean": bool, "null": type(None), "object": dict, "array": list}
    return isinstance(value, types[name])


def _unescaped(part: str) -> str:
    from urllib.parse import unquote  # here: few schemas escape what they refer to

    return unquote(part).replace("~1", "/").replace("~0", "~") if "%" in part or "~" in part else part
