"""What lint counts without a render is what `promptkit tokens` counts after one."""

from __future__ import annotations

from pathlib import Path

import pytest

import promptkit
from promptkit.lint.extremes import extremes
from promptkit.lint.sizes import sizes
from promptkit.lint.views import Sight
from promptkit.ranges import token_range
from promptkit.render import samples, tokenizer_of

TEMPLATES = Path(__file__).parent.parent / "templates"
LIBRARY = promptkit.load(TEMPLATES)
VARIANTS = [(name, variant) for name in LIBRARY for variant in LIBRARY[name].variants]


@pytest.mark.parametrize(("name", "variant"), VARIANTS)
def test_static_text_and_prefix_are_counted_as_a_render_has_them(name: str, variant: str) -> None:
    prompt = LIBRARY[name]
    measured = prompt.render(variant=variant, **samples(prompt[variant])).count()
    found = sizes(Sight(prompt), prompt[variant])
    assert (found.static, found.prefix) == (measured.static_tokens, measured.cacheable_prefix_tokens)


@pytest.mark.parametrize(("name", "variant"), VARIANTS)
def test_a_render_lies_between_the_extremes(name: str, variant: str) -> None:
    prompt = LIBRARY[name]
    measured = prompt.render(variant=variant, **samples(prompt[variant])).count()
    tokens = measured.tokens - measured.media_tokens
    views = Sight(prompt).views_of(prompt[variant])
    found = [extremes(view, tokenizer_of(prompt[variant], None)) for view in views]
    known = token_range(prompt[variant])
    assert min(each.least for each in found) <= tokens
    if all(each.most is not None for each in found):
        assert tokens <= max(each.most or 0 for each in found)
    elif name != "agent/incident":  # a number without max_tokens has a most here
        assert known.most is None


def test_what_could_not_be_read_is_said(tmp_path: Path) -> None:
    (tmp_path / "prompts").mkdir()
    (tmp_path / "promptkit.yaml").write_text("")
    text = 'blocks:\n  - user: "{% for n in [1, 2, 3] %}one more {% endfor %}{{ q }}"\n'
    (tmp_path / "prompts/p.yaml").write_text(text)
    prompt = promptkit.load(tmp_path)["p"]
    assert not sizes(Sight(prompt), prompt["base"]).exact
