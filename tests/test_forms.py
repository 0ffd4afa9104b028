"""The forms of a schema: each says all of it, read back by parsers of its own; what it cannot say is an error."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from schema_readback import READERS, normal

import promptkit
from promptkit import Prompt, blocks
from promptkit.blocks.forms import FORMS, Untellable
from promptkit.blocks.kinds import told_schema
from promptkit.content import Format
from promptkit.read import read
from promptkit.tokens import count
from promptkit.trees import Texts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Write = Callable[[Mapping[str, str | bytes]], Path]

ROOT = Path(__file__).parent.parent
SCHEMAS = sorted((ROOT / "templates/schemas").glob("*.json"))
told = pytest.mark.parametrize("form", [name for name in FORMS if name != "json"])


def test_every_form_but_json_has_a_reader() -> None:
    assert set(READERS) == set(FORMS) - {"json"}


@told
@pytest.mark.parametrize("path", SCHEMAS, ids=lambda path: path.stem)
def test_a_schema_of_the_templates_reads_back(form: str, path: Path) -> None:
    schema = json.loads(path.read_text("utf-8"))
    assert READERS[form](FORMS[form].text(schema)) == normal(schema)


HOSTILE = ["*/", "// x", "(optional) x", '"', "a\nb", "\u2028", "]", "} x", " ", "", "`", "é", "#1", "any other", "\u202e", "[key: string]", "...", "type", "\\", "\x7f", "😀", "Answer", "- x (any)", "$ref", "'", "\r"]  # fmt: skip
names = st.one_of(st.sampled_from(["a", "b", "id", "kind", *HOSTILE]), st.text(max_size=6))
texts = st.one_of(st.sampled_from(["The name.", *HOSTILE]), st.text(max_size=20))
values = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 9) | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(names, inner, max_size=2),
    max_leaves=4,
)
said = st.fixed_dictionaries(
    {}, optional={"description": texts, "default": values, "examples": st.lists(values, max_size=2), "format": texts}
)
strings = st.fixed_dictionaries({}, optional={"minLength": st.integers(0, 9), "pattern": st.just('^[a-z"(), ]+$')})
numbers = st.fixed_dictionaries({}, optional={"minimum": st.integers(), "multipleOf": st.floats(0.5, 9)})
arrays = st.fixed_dictionaries({}, optional={"minItems": st.integers(0, 9), "uniqueItems": st.booleans()})
DEFS = ["Node", "a b", "a!b", "string", "Answer", "é/~"]
REFS = st.sampled_from(["#", *(f"#/$defs/{name.replace('~', '~0').replace('/', '~1')}" for name in DEFS)])


def schemas(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    properties = st.dictionaries(names, inner, max_size=3)

    def typed(parts: tuple[Any, ...]) -> dict[str, Any]:
        types, text, number, array, items, first, fields, needed, others, notes = parts
        found = {"type": types, **notes}
        if "string" in types:
            found |= text
        if "number" in types or "integer" in types:
            found |= number
        if "array" in types:
            found |= array | {key: value for key, value in (("items", items), ("prefixItems", first)) if value != []}
        if "object" in types:
            required = [name for name in fields if (len(name) + needed) % 2]
            found |= {"properties": fields, "required": required, **others}
        return found

    some = st.sampled_from(["string", "number", "integer", "boolean", "null", "object", "array"])
    types = some | st.lists(some, min_size=1, max_size=4, unique=True)
    others = st.fixed_dictionaries({}, optional={"additionalProperties": st.booleans() | inner})
    lists = st.lists(inner, min_size=1, max_size=2)
    many = st.tuples(
        types,
        strings,
        numbers,
        arrays,
        inner | st.just(False),
        st.just([]) | lists,
        properties,
        st.integers(),
        others,
        said,
    ).map(typed)
    pairs = st.sampled_from(["anyOf", "oneOf", "allOf"])
    unions = st.tuples(pairs, st.lists(inner, min_size=1, max_size=3), said).map(lambda x: {x[0]: x[1], **x[2]})
    both = st.tuples(pairs, lists, many).map(lambda x: {x[0]: x[1], **x[2]})
    return st.one_of(many, many, many, unions, both)


LEAVES = st.one_of(
    st.just(True),
    said,
    st.tuples(st.lists(values, min_size=1, max_size=3), said).map(lambda x: {"enum": x[0], **x[1]}),
    st.tuples(values, said).map(lambda x: {"const": x[0], **x[1]}),
    st.tuples(REFS, said).map(lambda x: {"$ref": x[0], **x[1]}),
    st.tuples(st.lists(texts, min_size=1, max_size=3), strings).map(lambda x: {"type": "string", "enum": x[0], **x[1]}),
)
SCHEMA = st.tuples(
    st.recursive(LEAVES, schemas, max_leaves=8).filter(lambda schema: schema is not True),
    st.fixed_dictionaries({name: st.recursive(LEAVES, schemas, max_leaves=3) for name in DEFS}),
).map(lambda x: {"$defs": x[1], **x[0]})


@told
@settings(max_examples=300, deadline=None)
@given(schema=SCHEMA)
def test_any_schema_reads_back(form: str, schema: dict[str, Any]) -> None:
    text = FORMS[form].text(schema)
    assert READERS[form](text) == normal(schema), text


# What a form cannot say is an error that names the keyword and its place.

STRING = {"type": "string"}


@told
@pytest.mark.parametrize(
    ("schema", "line"),
    [
        pytest.param({"properties": {"a": {"not": STRING}}, "type": "object"}, "the keyword 'not' at #/properties/a/not", id="not"),
        pytest.param({"type": "object", "patternProperties": {"^a": STRING}}, "the keyword 'patternProperties' at #/patternProperties", id="patterns"),
        pytest.param({"if": STRING, "then": True}, "the keyword 'if' at #/if", id="if"),
        pytest.param({"type": "array", "contains": STRING}, "the keyword 'contains' at #/contains", id="contains"),
        pytest.param({"type": "string", "x-order": 1}, "the keyword 'x-order' at #/x-order", id="unknown"),
        pytest.param({"minimum": 1}, "'minimum' without 'type: number' beside it, so for some values only at #/minimum", id="untyped"),
        pytest.param({"properties": {"a": STRING}}, "'properties' without 'type: object' beside it, so for some values only at #/properties", id="untyped-object"),
        pytest.param({"type": "string", "minimum": 1}, "'minimum' without 'type: number' beside it, so for some values only at #/minimum", id="another-type"),
        pytest.param({"type": "object", "properties": {"a/b": False}}, "'false', which no value fits at #/properties/a~1b", id="false"),
        pytest.param({"type": "string", "enum": [1]}, "values that its type forbids at #/enum", id="no-value"),
        pytest.param({"enum": ["a"], "const": "a"}, "'const' beside 'enum' at #/const", id="both"),
        pytest.param({"type": "object", "required": ["a"], "additionalProperties": False}, "'required' of 'a', which is no property at #/required", id="required"),
        pytest.param({"$ref": "#/$defs/a"}, "the reference '#/$defs/a', which names nothing at #/$ref", id="nothing"),
        pytest.param({"$ref": "#a"}, "the reference '#a', which is no path at #/$ref", id="anchor"),
        pytest.param({"type": "array", "items": [STRING]}, "'items' as the places of a list; the draft 2020-12 has prefixItems for it at #/items", id="list"),
        pytest.param(
            {"$schema": "http://json-schema.org/draft-07/schema#", "$defs": {"a": True}, "$ref": "#/$defs/a", "type": "string"},
            "'type' beside '$ref', which its draft ignores at #/type",
            id="draft-7",
        ),
    ],
)  # fmt: skip
def test_what_it_cannot_say_is_an_error_that_names_it(form: str, schema: dict[str, Any], line: str) -> None:
    with pytest.raises(Untellable) as raised:
        FORMS[form].text(schema)
    assert str(raised.value) == line


@told
@pytest.mark.parametrize("text", HOSTILE)
def test_no_name_and_no_description_leaves_its_line(form: str, text: str) -> None:
    schema = {"type": "object", "properties": {text: {"type": "string", "description": text}, "z": STRING}}
    found = FORMS[form].text(schema)
    calm = FORMS[form].text(
        {"type": "object", "properties": {"x": {"type": "string", "description": "x"}, "z": STRING}}
    )
    assert len(found.splitlines()) == len(calm.splitlines())
    assert READERS[form](found) == normal(schema)


# Bounds.


def nested(levels: int, wrap: Callable[[Any], dict[str, Any]]) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string", "description": "x"}
    for _ in range(levels):
        schema = wrap(schema)
    return schema


BANGS = {"!" * i: STRING for i in range(1, 2_000)}


@told
@pytest.mark.parametrize(
    "schema",
    [
        pytest.param({"type": "object", "properties": {f"p{i}": STRING for i in range(10_000)}}, id="10,000 properties"),
        pytest.param({"$defs": BANGS, "anyOf": [{"$ref": f"#/$defs/{name}"} for name in BANGS]}, id="names that clash"),
        pytest.param({"$ref": "#"}, id="itself"),
        pytest.param({"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}, "$ref": "#/$defs/a"}, id="ring"),
        pytest.param(nested(99, lambda s: {"type": "array", "items": s, "minItems": 1}), id="arrays"),
        pytest.param(nested(99, lambda s: {"type": "object", "properties": {"a": s}, "description": "d"}), id="objects"),
        pytest.param(nested(99, lambda s: {"oneOf": [s, {"type": "string", "maxLength": 1}]}), id="unions"),
    ],
)  # fmt: skip
def test_a_large_schema_takes_little_time(form: str, schema: dict[str, Any]) -> None:
    start = time.perf_counter()
    text = FORMS[form].text(schema)
    assert time.perf_counter() - start < 2
    assert len(text) < 20 * len(json.dumps(schema)) + 20 * 100 * 100


@told
def test_a_schema_that_nests_without_end_is_an_error(form: str) -> None:
    with pytest.raises(Untellable, match="nested more than 100 levels deep"):
        FORMS[form].text(nested(5_000, lambda s: {"type": "array", "items": s}))


# In a prompt.

TRIAGE = {"type": "object", "properties": {"queue": {"enum": ["a", "b"]}}, "required": ["queue"]}


@pytest.mark.parametrize("form", FORMS)
def test_a_file_and_python_tell_the_same(write: Write, form: str) -> None:
    files = {"prompts/x.yaml": f"blocks: [{{format: {{schema: schemas/s.json, form: {form}}}}}, {{user: q}}]\n"}
    from_file = promptkit.load(write({**files, "schemas/s.json": json.dumps(TRIAGE)}))["x"]
    from_python = Prompt("x", [blocks.format({"schema": TRIAGE, "form": form}), blocks.user("q")])
    assert from_file.render().messages == from_python.render().messages
    assert from_file["base"].fingerprint == from_python["base"].fingerprint
    assert from_file.render().messages[0].content == told_schema(TRIAGE, form)
    assert from_file.render().to("openai")["response_format"]["json_schema"]["schema"] == TRIAGE


def test_the_fingerprint_knows_the_form() -> None:
    prompts = [Prompt("x", [blocks.format({"schema": TRIAGE, "form": form})]) for form in FORMS]
    assert len({prompt["base"].fingerprint for prompt in prompts}) == len(FORMS)
    assert Prompt("x", [blocks.format({"schema": TRIAGE})])["base"].fingerprint == prompts[0]["base"].fingerprint


def test_a_pydantic_model_is_told_in_any_form() -> None:
    from pydantic import BaseModel, Field

    class Line(BaseModel):
        amount: float = Field(ge=0, description="Before tax.")

    class Invoice(BaseModel):
        lines: list[Line]
        note: str | None = None

    made = Prompt("x", [blocks.format({"schema": Invoice, "form": "typescript"})])
    assert made.render().messages[0].content == (
        "Answer with JSON only, of the TypeScript type Answer, and no other text:\n"
        "// An object may have other keys too.\n"
        "type Answer = {\n  lines: Line[]\n  note?: string | null // (default null)\n}\n"
        "type Line = {\n  amount: number // (minimum 0) Before tax.\n}"
    )
    alone, in_mapping = (Prompt("x", [blocks.format(content)]) for content in (Invoice, {"schema": Invoice}))
    assert alone.render().messages == in_mapping.render().messages


def test_a_matrix_compares_the_forms() -> None:
    prompt = Prompt(
        "x",
        [blocks.format({"schema": TRIAGE, "form": "{{ form }}"}), blocks.user("q")],
        inputs={"form": {"type": "string", "default": "json"}},
        matrix={"form": list(FORMS)},
    )
    tokens = {name: prompt.render(variant=name).count("gpt-4o").tokens for name in prompt.variants}
    assert set(tokens) == {"base", *(f"form={form}" for form in FORMS)}
    assert tokens["base"] == tokens["form=json"] != tokens["form=typescript"]
    with pytest.raises(promptkit.InputError, match="form"):
        prompt.render(form="fields")


@pytest.mark.parametrize(
    ("content", "line"),
    [
        pytest.param("schema: schemas/s.json, form: typscript", "1:50: unknown form of a schema 'typscript'; did you mean 'typescript'?", id="unknown"),
        pytest.param("list: numbered, form: json", "1:36: form belongs to a schema", id="no-schema"),
        pytest.param("schema: schemas/s.json, form: '{{ nope }}'", "1:51: 'nope' is undefined; a parameter may use inputs that are set or have a default", id="undefined"),
        pytest.param("schema: schemas/s.json, form: '{{ 1 }}'", "1:51: unknown form of a schema '1'; known: annotated, fields, json, typescript", id="number"),
        pytest.param("schema: schemas/n.json, form: fields", "1:10: the form fields has no words for the keyword 'not' at #/not of schemas/n.json; use form: json", id="untellable"),
    ],
)  # fmt: skip
def test_an_error_says_where_and_what_to_do(write: Write, content: str, line: str) -> None:
    files = {
        "prompts/x.yaml": f"blocks: [{{format: {{{content}}}}}, {{user: q}}]\n",
        "schemas/s.json": "{}",
        "schemas/n.json": '{"not": {}}',
    }
    with pytest.raises(promptkit.LibraryError) as raised:
        promptkit.load(write(files))
    assert str(raised.value) == f"prompts/x.yaml:{line}"


def test_the_format_page_shows_what_each_form_costs() -> None:
    page = (ROOT / "docs/format.md").read_text("utf-8")
    rows = re.findall(r"^\| (?:`([\w./-]+)` ?\w*|all)((?: \| \d+){4}) \|$", page, re.MULTILINE)
    shown = {name: list(map(int, counts.split(" | ")[1:])) for name, counts in rows}
    assert "| schema | " + " | ".join(f"`{form}`" for form in FORMS) + " |" in page
    total = shown.pop("")
    assert total == [sum(column) for column in zip(*shown.values(), strict=True)]
    assert f"{1 - total[2] / total[0]:.0%}".replace("%", " %") + " below `json`" in page
    [grade] = re.findall(r"^```yaml prompts/grade.yaml\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    for name, tokens in shown.items():
        if name.endswith(".json"):
            schema, structured = json.loads((ROOT / "templates/schemas" / name).read_text("utf-8")), True
        else:
            library, _ = read(Texts({name: grade}))
            content = library.prompts["grade"]["base"].blocks[1].content
            assert isinstance(content, Format)
            assert isinstance(content.schema, dict)
            schema, structured = content.schema, content.structured
        texts = [told_schema(schema, form, structured=structured) for form in FORMS]
        assert tokens == [count(text, "o200k_base") for text in texts], name


def test_the_published_schema_knows_the_form() -> None:
    from promptkit.read.format import schema
    from promptkit.schemas import violation

    rules = schema("prompt")

    def accepts(**content: Any) -> bool:
        return violation(rules, {"blocks": [{"format": content}]}) is None

    assert all(accepts(schema="s.json", form=form) for form in [*FORMS, "{{ form }}"])
    assert not accepts(schema="s.json", form="yaml")
    assert not accepts(list="numbered", form="json")
    assert not accepts(list="numbered", structured=True)
