"""The pages of docs/ show prompt files that load, render and fit the published schema."""

from __future__ import annotations

import re
from pathlib import Path

import jsonschema
import pytest
import yaml

from promptkit.library import check
from promptkit.read import read
from promptkit.read.format import schema
from promptkit.trees import Texts

FORMAT = (Path(__file__).parent.parent / "docs" / "format.md").read_text("utf-8")
PROMPTS = re.findall(r"```yaml\n(.*?)```", FORMAT, re.DOTALL)


def test_the_page_shows_prompts() -> None:
    assert len(PROMPTS) >= 6


@pytest.mark.parametrize("source", PROMPTS)
def test_a_shown_prompt_is_sound(source: str) -> None:
    jsonschema.Draft202012Validator(schema("prompt")).validate(yaml.safe_load(source))
    library, problems = read(Texts({"prompts/shown.yaml": source}))
    assert problems == ()
    assert check(library["shown"]) == ()
