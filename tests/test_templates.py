"""templates/ and std/ are sound, and every file of theirs is as the published schema says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
import yaml

import promptkit
from promptkit.read import std_names
from promptkit.read.format import SCHEMAS, schema
from promptkit.render import samples

if TYPE_CHECKING:
    from promptkit.model import Library

ROOT = Path(__file__).parent.parent
TEMPLATES = ROOT / "templates"
BLOCKS = [*TEMPLATES.glob("blocks/**/*.md"), *(ROOT / "promptkit" / "std").glob("**/*.md")]


@pytest.fixture(scope="module")
def library() -> Library:
    return promptkit.load(TEMPLATES)


def valid(kind: str, data: Any) -> None:
    jsonschema.Draft202012Validator(schema(kind)).validate(data)


@pytest.mark.parametrize("kind", SCHEMAS)
def test_a_published_schema_is_a_schema(kind: str) -> None:
    jsonschema.Draft202012Validator.check_schema(schema(kind))


@pytest.mark.parametrize("path", sorted(TEMPLATES.glob("prompts/**/*.yaml")), ids=lambda path: path.stem)
def test_a_prompt_file_is_as_the_schema_says(path: Path) -> None:
    valid("prompt", yaml.safe_load(path.read_text("utf-8")))


def test_the_settings_are_as_the_schema_says() -> None:
    valid("config", yaml.safe_load((TEMPLATES / "promptkit.yaml").read_text("utf-8")))


@pytest.mark.parametrize("path", sorted(BLOCKS), ids=lambda path: path.stem)
def test_front_matter_is_as_the_schema_says(path: Path) -> None:
    _, head, _ = path.read_text("utf-8").split("---\n", 2)
    valid("front-matter", yaml.safe_load(head))


@pytest.mark.parametrize("path", sorted(TEMPLATES.glob("examples/*")), ids=lambda path: path.name)
def test_examples_are_as_the_schema_says(path: Path) -> None:
    text = path.read_text("utf-8")
    valid("examples", yaml.safe_load(text) if path.suffix == ".yaml" else list(map(json.loads, text.splitlines())))


@pytest.mark.parametrize(
    ("data", "place"),
    [
        pytest.param({"blocks": [{"sytem": "x"}]}, "blocks", id="unknown kind"),
        pytest.param({"blocks": [{"role": "x", "user": "y"}]}, "blocks", id="two contents"),
        pytest.param({"blocks": [], "drop": ["x"]}, "", id="edits without extends"),
        pytest.param({"blocks": [], "colour": "red"}, "", id="unknown key"),
        pytest.param({"blocks": [], "inputs": {"a": {"type": "text"}}}, "inputs", id="unknown type"),
        pytest.param({"extends": "a", "add": [{"role": "x"}]}, "add", id="no anchor"),
    ],
)
def test_the_schema_refuses_what_the_reader_refuses(data: Any, place: str) -> None:
    errors = list(jsonschema.Draft202012Validator(schema("prompt")).iter_errors(data))
    assert errors
    assert any(str(error.absolute_path[0] if error.absolute_path else "") == place for error in errors)


def test_every_variant_renders_from_its_samples_and_is_counted(library: Library) -> None:
    counted = 0
    for name in library:
        prompt = library[name]
        for variant in prompt.variants:
            rendered = prompt[variant].render(samples(prompt[variant]))
            measured = rendered.count()
            assert measured.tokens > 0
            for message in rendered.messages:
                assert "".join(piece.text for piece in message.pieces) == message.content
                assert "\n\n\n" not in message.content
                assert message.content == message.content.strip()
            counted += 1
    assert len(library) >= 6
    assert counted >= 20


def test_untrusted_inputs_stay_out_of_the_system_message(library: Library) -> None:
    for name in library:
        variant = library[name]["base"]
        untrusted = {declared.name for declared in variant.settings.inputs if declared.trust == "untrusted"}
        for message in variant.render(samples(variant)).messages:
            if message.role == "system":
                assert not untrusted & {each for piece in message.pieces for each in piece.inputs}, name


def test_every_standard_block_is_used(library: Library) -> None:
    texts = "".join(path.read_text("utf-8") for path in TEMPLATES.glob("prompts/**/*.yaml"))
    assert [name for name in std_names() if f"use: {name}" not in texts] == []
