"""Providers that other packages add, and the command that prints bodies."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import pytest
from conftest import promptkit
from provider_cases import (
    PROVIDERS,
    ROLED,
    TOKENIZER,
    USER,
    bare,
    refused,
)

from promptkit.providers import PROVIDERS as TABLE

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def template(tmp_path: Path) -> str:
    """A tokenizer's file with a chat template."""
    path = tmp_path / "tokenizer_config.json"
    path.write_text(json.dumps(TOKENIZER))
    return str(path)


MODULE = """
def body(rendered, *, loud=False):
    text = rendered.messages[0].content
    return {"say": text.upper() if loud else text}

def wrong(rendered):
    return 7
"""
POINTS = """[promptkit.providers]
shout = shouting_provider:body
wrong = shouting_provider:wrong
missing = no_such_module_here:body
openai = shouting_provider:body
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installed package that adds providers."""
    (tmp_path / "shouting_provider.py").write_text(MODULE)
    info = tmp_path / "shouting-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: shouting\nVersion: 1\n")
    (info / "entry_points.txt").write_text(POINTS)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "shouting_provider", raising=False)


@pytest.mark.usefixtures("package")
def test_a_package_adds_a_provider_by_an_entry_point() -> None:
    assert bare(USER).to("shout") == {"say": "Hi"}
    assert bare(USER).to("shout", loud=True) == {"say": "HI"}
    assert "messages" in bare(USER).to("openai")  # promptkit's own cannot be replaced
    assert refused(bare(USER), "shout", lout=True) == "provider 'shout' has no option 'lout'; did you mean 'loud'?"
    assert refused(bare(USER), "shoot") == "unknown provider 'shoot'; did you mean 'shout'?"
    assert refused(bare(USER), "wrong") == "provider 'wrong' gave int, not a dict; correct its package"
    assert refused(bare(USER), "missing") == (
        "provider 'missing' (no_such_module_here:body) cannot be loaded: ModuleNotFoundError: No module named 'no_such_module_here'"
    )


def test_a_table_of_providers_is_whole() -> None:
    assert tuple(TABLE) == PROVIDERS
    assert set(ROLED) < set(TABLE)


FILES = {"prompts/p.yaml": "params: {max_tokens: 9}\nblocks:\n  - instructions: Be brief.\n  - user: '{{ x }}'\n"}


def test_the_command_prints_a_body(write: Any, template: str) -> None:
    root = write(FILES)
    ran = promptkit("render", "p", "-i", "x=1", "--to", "anthropic", "--cache", cwd=root)
    assert json.loads(ran.out)["system"] == [
        {"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}
    ]
    ran = promptkit("render", "p", "-i", "x=1", "--to", "huggingface", "--chat-template", template, cwd=root)
    assert (
        ran.out == "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\n1<|im_end|>\n<|im_start|>assistant\n\n"
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--to", "antropic"), "unknown provider 'antropic'; did you mean 'anthropic'?\n"),
        (("--to", "openai", "--cache"), "provider 'openai' has no option 'cache'; it has none\n"),
        (("--cache",), "--cache is for the body of a request; add --to"),
        (("--chat-template", "x"), "--chat-template is for the body of a request; add --to"),
    ],
)
def test_the_command_refuses_in_one_line(write: Any, words: tuple[str, ...], said: str) -> None:
    ran = promptkit("render", "p", "-i", "x=1", *words, cwd=write(FILES))
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.endswith(said) or said in ran.err
    assert "Traceback" not in ran.err
