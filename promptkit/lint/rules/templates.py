"""Rules of template syntax and of what templates include."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptkit.lint.rule import Hit, rule

if TYPE_CHECKING:
    from collections.abc import Iterable


@rule("T101", "template-syntax", "error", "A", "reader")
def template_syntax(_: object) -> Iterable[Hit]:
    """A template that cannot be parsed, or that asks for a filter or test which there is not.

    Why: nothing of the prompt can be rendered, in any variant.

    Bad: prompts/reply.yaml:2:17
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


@rule("T104", "missing-include", "error", "A", "reader")
def missing_include(_: object) -> Iterable[Hit]:
    """An include, import or extends of a block or partial that the library does not have.

    Why: each render that comes to it fails. An include that says `ignore missing` may be of what is not there.

    Bad: blocks/role/agent.md:2:13
        === blocks/role/agent.md
        You answer mails.
        {% include "polices" %}
        === partials/policies.md
        Refunds take five days.
        === prompts/reply.yaml
        blocks:
          - use: role/agent
          - user: "{{ mail }}"

    Good:
        === blocks/role/agent.md
        You answer mails.
        {% include "policies" %}
        === partials/policies.md
        Refunds take five days.
        === prompts/reply.yaml
        blocks:
          - use: role/agent
          - user: "{{ mail }}"

    Source: the names that stand in the tag, looked up among the blocks, the partials and std/; a name that is computed
    is left alone (A).
    """
    return ()


@rule("T105", "include-cycle", "error", "A", "reader")
def include_cycle(_: object) -> Iterable[Hit]:
    """A template that comes back to itself through what it includes.

    Why: rendering ends in an error wherever the circle is entered.

    Bad: partials/policies.md:2:13
        === partials/policies.md
        Refunds take five days.
        {% include "shipping" %}
        === partials/shipping.md
        Parcels take two days.
        {% include "policies" %}
        === prompts/reply.yaml
        blocks:
          - instructions: '{% include "shipping" %}'
          - user: "{{ mail }}"

    Good:
        === partials/policies.md
        Refunds take five days.
        {% include "shipping" %}
        === partials/shipping.md
        Parcels take two days.
        === prompts/reply.yaml
        blocks:
          - instructions: '{% include "policies" %}'
          - user: "{{ mail }}"

    Source: the constant names of includes, imports and extends, followed to the end; a circle is told once, where the
    first of its templates by name enters it (A).
    """
    return ()


@rule("X508", "unsafe-include", "error", "A", "reader")
def unsafe_include(_: object) -> Iterable[Hit]:
    """An include, import or extends of a name that leads out of the library.

    Why: what a prompt says would depend on files that are no part of it, and a stranger's template could ask for them.
    Nothing outside is ever read: the name is refused.

    Bad: blocks/role/agent.md:1:13
        === blocks/role/agent.md
        {% include "../secrets" %}
        === prompts/reply.yaml
        blocks:
          - use: role/agent
          - user: "{{ mail }}"

    Good:
        === blocks/role/agent.md
        {% include "policies" %}
        === partials/policies.md
        Refunds take five days.
        === prompts/reply.yaml
        blocks:
          - use: role/agent
          - user: "{{ mail }}"

    Source: path traversal, CWE-22, https://cwe.mitre.org/data/definitions/22.html; a computed name is resolved among
    the library's own templates alone (A).
    """
    return ()
