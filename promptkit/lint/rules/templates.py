"""Rules of template syntax and of names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptkit.lint.rule import Hit, rule

if TYPE_CHECKING:
    from collections.abc import Iterable


@rule("T101", "template-syntax", "error", "A", "reader")
def template_syntax(_: object) -> Iterable[Hit]:
    """A template that cannot be parsed.

    Why: nothing of the prompt can be rendered, in any variant.

    Bad: prompts/reply.yaml:2:12
        === prompts/reply.yaml
        blocks:
          - user: "Dear {{ name }"

    Good:
        === prompts/reply.yaml
        blocks:
          - user: "Dear {{ name }}"

    Source: the grammar of Jinja2 3.1, https://jinja.palletsprojects.com/en/stable/templates/ (A).
    """
    return ()
