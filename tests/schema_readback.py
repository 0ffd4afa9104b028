"""Reads the forms of a schema back: what a reader would understand, put together by parsers that know only the texts.

Each gives what `normal` gives of the schema itself: a plain structure in which two schemas that allow and say the same
about an answer look the same. Nothing of promptkit is imported.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

Plain = dict[str, Any]
CLOSED = "An object has no keys but those shown."
OPEN = "An object may have other keys too."
OF_TYPE = {
    "string": {"minLength", "maxLength", "pattern"},
    "number": {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"},
    "array": {"minItems", "maxItems", "uniqueItems"},
    "object": {"minProperties", "maxProperties"},
}
CONSTRAINTS = set().union(*OF_TYPE.values())
SAID = {"format", "default", "examples", "deprecated", "readOnly", "writeOnly", "description", "discriminator"}
SAID |= {"contentEncoding", "contentMediaType"}
DECODER = json.JSONDecoder()


def plain(kind: str, **more: Any) -> Plain:
    return {"is": kind, "notes": {}, **more}


def dumped(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def type_of(node: Plain) -> str:
    return {"integer": "number"}.get(node["is"], str(node["is"]))


# ── the schema itself ───────────────────────────────────────────────────────────────────────────────────────────────


def normal(schema: Any) -> Plain:
    """What a JSON Schema says of an answer."""
    named: dict[str, Plain] = {}
    waiting = ["#"]
    while waiting:
        place = waiting.pop()
        if place not in named:
            named[place] = of_schema(at(schema, place), waiting)
    return numbered(named, "#")


def at(schema: Any, place: str) -> Any:
    for part in place.split("/")[1:]:
        schema = schema[int(part) if isinstance(schema, list) else part.replace("~1", "/").replace("~0", "~")]
    return schema


def of_schema(schema: Any, found: list[str]) -> Plain:
    if schema is True:
        return plain("any")
    parts: list[Plain] = []
    limits = {key: dumped(schema[key]) for key in CONSTRAINTS & schema.keys() if schema[key] is not False}
    types = schema.get("type", [])
    types = [types] if isinstance(types, str) else types
    types = [each for each in types if not (each == "integer" and "number" in types)]
    if "enum" in schema or "const" in schema:
        values = schema["enum"] if "enum" in schema else [schema["const"]]
        literals = [plain("literal", value=dumped(each)) for each in values if not types or fits(each, types)]
        parts.append(with_notes(combined("anyOf", literals), limits))
    elif types:
        members = []
        for each in types:
            node = plain("literal", value="null") if each == "null" else plain(each)
            own = OF_TYPE.get("number" if each == "integer" else each, set())
            node["notes"] = {key: limits[key] for key in limits if key in own}
            if each == "object":
                properties, required = schema.get("properties", {}), schema.get("required", [])
                extra = [name for name in required if name not in properties]
                fields = [[name, name in required, of_schema(properties[name], found)] for name in properties]
                node["fields"] = fields + [[name, True, plain("any")] for name in dict.fromkeys(extra)]
                others = schema.get("additionalProperties", True)
                node["others"] = None if others is False else of_schema(others, found)
            if each == "array":
                item = schema.get("items", True)
                node["first"] = [of_schema(first, found) for first in schema.get("prefixItems", [])]
                node["item"] = None if item is False else of_schema(item, found)
            members.append(node)
        parts.append(combined("anyOf", members))
    if "$ref" in schema:
        found.append(schema["$ref"])
        parts.append(plain("ref", to=schema["$ref"]))
    unions = [key for key in ("anyOf", "oneOf") if key in schema]
    parts += [combined(key, [of_schema(each, found) for each in schema[key]]) for key in unions]
    parts += [of_schema(each, found) for each in schema.get("allOf", [])]
    node = combined("allOf", parts) if parts else plain("any")
    return with_notes(node, {key: dumped(schema[key]) for key in SAID & schema.keys()})


def fits(value: Any, types: list[str]) -> bool:
    of: Any = {str: ["string"], bool: ["boolean"], type(None): ["null"], dict: ["object"], list: ["array"]}
    of |= {int: ["integer", "number"], float: ["number"]}
    own = list(of[type(value)]) + (["integer"] if isinstance(value, float) and value.is_integer() else [])
    return bool(set(own) & set(types))


def with_notes(node: Plain, notes: Plain) -> Plain:
    if node["notes"].keys() & notes.keys():
        return {**plain("allOf", of=[node]), "notes": notes}
    return {**node, "notes": node["notes"] | notes}


def combined(kind: str, members: list[Plain]) -> Plain:
    if len(members) == 1:
        return members[0]
    flat: list[Plain] = []
    for each in members:
        values = each["is"] == "anyOf" and all(one["is"] == "literal" and not one["notes"] for one in each["of"])
        dissolves = not each["notes"] and (values if kind == "oneOf" else each["is"] == kind)
        flat += each["of"] if dissolves else [each]
    return plain(kind, of=flat)


def numbered(named: dict[str, Plain], root: str) -> Plain:
    """References by the order in which a reader meets them, so that names do not matter."""
    order = [root]

    def walk(node: Any) -> Any:
        if isinstance(node, list):
            return [walk(each) for each in node]
        if not isinstance(node, dict) or "is" not in node:
            return node
        if node["is"] == "ref":
            if node["to"] not in order:
                order.append(node["to"])
            return {**node, "to": order.index(node["to"])}
        keys = ("is", "notes", "value", "of", "fields", "others", "first", "item")
        return {key: walk(node[key]) for key in keys if key in node}

    return {"named": [walk(named[name]) for name in order]}


# ── the texts ───────────────────────────────────────────────────────────────────────────────────────────────────────

TOKEN = re.compile(
    r"//(?P<comment>[^\n]*)|(?P<dots>\.\.\.)|(?P<word>[A-Za-z_$#][\w$]*)|(?P<sign>[][{}()|&,:?=])", re.ASCII
)


@dataclass
class Token:
    kind: str
    value: Any
    start: int
    end: int
    first: bool
    """Whether it is the first of its line."""


def token(text: str, at: int) -> Token:
    gap = re.compile(r"[ \n]*").match(text, at)
    assert gap is not None
    start = gap.end()
    first = "\n" in gap[0] or start == 0
    if start == len(text):
        return Token("end", "", start, start, first)
    match = TOKEN.match(text, start)
    if match is not None and match[0] == "exactly":
        value, end = DECODER.raw_decode(text, match.end() + 1)
        return Token("json", value, start, end, first)
    if match is not None and match[0] not in {"true", "false", "null"}:
        assert match.lastgroup is not None
        return Token(match.lastgroup, match[match.lastgroup], start, match.end(), first)
    value, end = DECODER.raw_decode(text, start)
    return Token("json", value, start, end, first)


def notes_in(text: str) -> tuple[Plain, set[str], str]:
    """`(maxLength 5, optional) ...` as notes and bare words, and what follows the parenthesis."""
    notes: Plain = {}
    words: set[str] = set()
    at = 1
    while True:
        word = re.compile(r"exactly one|required|optional|\w+ ").match(text, at)
        assert word is not None, text[at:]
        at = word.end()
        if word[0].endswith(" "):
            value, at = DECODER.raw_decode(text, at)
            notes[word[0][:-1]] = dumped(value)
        else:
            words.add(word[0])
        if text[at] == ")":
            return notes, words, text[at + 1 :]
        assert text[at : at + 2] == ", ", text[at:]
        at += 2


def described(text: str) -> Plain:
    return {} if not text else {"description": dumped(json.loads(text) if text[0] == '"' else text)}


def said(node: Plain, notes: Plain, words: set[str]) -> Plain:
    """A node with the notes beside it; a constraint beside a union is that of its only member that it can be of."""
    if "exactly one" in words:
        assert node["is"] == "anyOf"
        node = {**node, "is": "oneOf"}
    notes = dict(notes)
    if node["is"] in {"anyOf", "oneOf"} and not all(each["is"] == "literal" for each in node["of"]):
        for key in CONSTRAINTS & notes.keys():
            (owner,) = [each for each in node["of"] if key in OF_TYPE.get(type_of(each), ())]
            owner["notes"][key] = notes.pop(key)
    return {**node, "notes": {**node["notes"], **notes}}


class Reader:
    """The types of a text from a place in it. `typescript` is whether its arrays are those of TypeScript."""

    def __init__(self, text: str, others: Plain | None, *, typescript: bool, at: int = 0) -> None:
        self.text, self.others, self.typescript, self.at = text, others, typescript, at

    def peek(self) -> Token:
        return token(self.text, self.at)

    def take(self, *values: str) -> Token:
        found = self.peek()
        assert not values or (found.kind != "json" and found.value in values), (found, values, self.text)
        self.at = found.end
        return found

    def sees(self, *values: str) -> bool:
        found = self.peek()
        return found.kind in {"sign", "dots", "word"} and found.value in values

    def entry(self, before: Any, end: str = "") -> tuple[Any, Plain, set[str]]:
        """What `before` reads, a type, and the notes of the line before or of the line's end."""
        comment = self.take().value if self.peek().kind == "comment" else ""
        head = before()
        node = self.type()
        if end and self.sees(end):
            self.take()
        after = self.peek()
        if after.kind == "comment" and not after.first:
            assert not comment
            comment = self.take().value
        notes, words, rest = notes_in(comment[1:]) if comment[:2] == " (" else ({}, set(), comment)
        return head, said(node, {**notes, **described(rest[1:])}, words), words

    def type(self) -> Plain:
        members = [self.term()]
        sign = self.peek().value if self.sees("|", "&") and not self.peek().first else ""
        while sign and self.sees(sign) and not self.peek().first:
            self.take()
            members.append(self.term())
        return plain({"|": "anyOf", "&": "allOf"}[sign], of=members) if sign else members[0]

    def term(self) -> Plain:
        node = self.primary()
        while self.sees("[") and self.text.startswith("[]", self.at):
            self.at += 2
            node = plain("array", first=[], item=node)
        return node

    def primary(self) -> Plain:
        found = self.take()
        if found.kind == "json":
            return plain("literal", value=dumped(found.value))
        if found.kind == "word":
            return self.word(found.value)
        return {"{": self.object, "[": self.array, "(": self.group}[found.value]()

    def word(self, word: str) -> Plain:
        if word in {"string", "number", "integer", "boolean"}:
            return plain(word)
        return plain("any") if word == ("unknown" if self.typescript else "any") else plain("ref", to=word)

    def group(self) -> Plain:
        if not self.peek().first:
            node = self.type()
            self.take(")")
            return node
        members, signs = [], set()
        while not self.sees(")"):
            sign, node, _ = self.entry(lambda: self.take().value if self.sees("|", "&") else "")
            members.append(node)
            signs.add(sign)
        self.take()
        (sign,) = signs
        if not sign:
            (node,) = members
            return node
        return plain({"|": "anyOf", "&": "allOf"}[sign], of=members)

    def object(self) -> Plain:
        fields: list[Any] = []
        others = self.others
        closed_to = None
        while not self.sees("}"):
            (name, required), node, words = self.entry(self.key, ",")
            if name is None:
                assert closed_to is None
                closed_to = others = node
            else:
                fields.append([name, required and "optional" not in words, node])
        self.take()
        return plain("object", fields=fields, others=others)

    def key(self) -> tuple[str | None, bool]:
        found = self.take()
        if found.kind == "dots" or (found.kind == "sign" and found.value == "["):
            for sign in ("key", ":", "string", "]", ":") if found.value == "[" else (":",):
                self.take(sign)
            return None, False
        assert isinstance(found.value, str)
        required = not self.sees("?")
        self.take("?", ":")
        if not required:
            self.take(":")
        return found.value, required

    def array(self) -> Plain:
        first: list[Plain] = []
        item = None
        while not self.sees("]"):
            if self.sees("..."):
                self.take()
                item = self.term()["item"] if self.typescript else first.pop()
            else:
                first.append(self.type())
            if self.sees(","):
                self.take()
        self.take()
        return plain("array", first=first, item=item)


def others_by(text: str, start: str) -> tuple[Plain | None, str]:
    """What an object that says nothing of other keys may have, by a text's first line, and the rest of the text."""
    line, _, rest = text.partition("\n")
    if line == start + CLOSED:
        return None, rest
    return (plain("any"), rest) if line == start + OPEN else ({"is": "nothing says"}, text)


def typescript(text: str) -> Plain:
    others, text = others_by(text, "// ")
    reader = Reader(text, others, typescript=True)

    def head() -> str:
        reader.take("type")
        name = reader.take().value
        reader.take("=")
        return str(name)

    return sections(reader, head)


def annotated(text: str) -> Plain:
    others, text = others_by(text, "// ")
    reader = Reader(text, others, typescript=False)
    alone = not re.search(r"^Answer: ", text, re.MULTILINE)

    def head() -> str:
        if alone:
            return "Answer"
        name = reader.take().value
        reader.take(":")
        return str(name)

    return sections(reader, head)


def sections(reader: Reader, head: Any) -> Plain:
    named: dict[str, Plain] = {}
    while reader.peek().kind != "end":
        name, node, _ = reader.entry(head)
        assert name not in named
        named[name] = node
    return numbered(named, "Answer")


class Line(Reader):
    """One line of the list of fields, with the lines below it."""

    def __init__(self, line: str, others: Plain | None, below: list[Any], at: int) -> None:
        super().__init__(line, others, typescript=True, at=at)
        self.below = below

    def word(self, word: str) -> Plain:
        if word == "any":
            return plain("any")
        if word.startswith("#"):
            (node,) = [node for name, node, _ in self.below if name == word]
            return dict(node)
        if word != "object":
            return super().word(word)
        others = [node for name, node, _ in self.below if name == "any other"]
        fields = [[name[1:], required, node] for name, node, required in self.below if name != "any other"]
        return plain("object", fields=fields, others=others[0] if others else self.others)


def fields(text: str) -> Plain:
    others, text = others_by(text, "")
    named: dict[str, Plain] = {}
    for section in re.split(r"\n(?! *- )", text):
        head, *lines = section.split("\n")
        name = head.split(" ")[0]
        assert name not in named
        named[name] = field(head, lines, others, "")[1]
    return numbered(named, "Answer")


def field(line: str, lines: list[str], others: Plain | None, pad: str) -> tuple[str, Plain, bool]:
    """A field's name (with a . before a property's), what it holds, and whether it must be there."""
    below: list[Any] = []
    while lines and lines[0].startswith(f"{pad}- "):
        own = lines.pop(0).removeprefix(f"{pad}- ")
        inner = []
        while lines and lines[0].startswith(f"{pad}  "):
            inner.append(lines.pop(0))
        below.append(field(own, inner, others, pad + "  "))
    assert not lines, lines
    if line[0] == '"':
        name, at = DECODER.raw_decode(line)
        name = f".{name}"
    else:
        at = line.index(" (")
        name = line[:at] if line.startswith(("#", "any other (")) else f".{line[:at]}"
    reader = Line(line, others, below, at + 2)
    node = reader.type()
    if re.fullmatch(r"#\d+", line[at + 2 : reader.at]):
        node = plain("allOf", of=[node])
    after = line[reader.at :]
    notes, words, rest = ({}, set(), after[1:]) if after[0] == ")" else notes_in(after[1:])
    assert rest[:2] in {"", ": "}, rest
    return name, said(node, {**notes, **described(rest[2:])}, words), "required" in words


READERS = {"annotated": annotated, "typescript": typescript, "fields": fields}
