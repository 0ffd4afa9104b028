"""Rules of inputs and of the names that templates look up."""

from __future__ import annotations

import re
from difflib import get_close_matches
from functools import lru_cache
from typing import TYPE_CHECKING

from promptkit.content import MISSING
from promptkit.errors import PromptkitError
from promptkit.lint.places import Place
from promptkit.lint.rule import Hit, rule
from promptkit.render.program import program

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from promptkit.content import Input
    from promptkit.lint.views import Sight
    from promptkit.lint.whole import Whole

NEAR = 0.8  # of two names of inputs: from here on one is taken for a misspelling of the other
_DIGITS = re.compile(r"\d+")


@rule("T102", "undefined-input", "error", "A", "prompt")
def undefined_input(sight: Sight) -> Iterator[Hit]:
    """A name that is no declared input, and nearly one.

    Why: it becomes an input of its own, so that each call fails for want of it, or prints nothing where the value was
    meant.

    Bad: prompts/reply.yaml:4:19
        === prompts/reply.yaml
        inputs:
          account_id: {type: string}
        blocks:
          - user: "For {{ acount_id }}: what is due? It is {{ account_id }}."

    Good:
        === prompts/reply.yaml
        inputs:
          account_id: {type: string}
        blocks:
          - user: "For {{ account_id }}: what is due?"

    Good:
        === prompts/compare.yaml
        inputs:
          answer_1: {type: string}
        blocks:
          - user: "{{ answer_1 }} or {{ answer_2 }}?"

    Source: the names that the prompt declares and those that its templates look up, with includes, macros and scopes
    followed; a name that is near none is taken for an input that nobody declared. Jinja renders what is undefined as
    nothing, https://github.com/567-labs/instructor/issues/2669 (A).
    """
    for variant in sight.variants:
        plan = program(variant)
        declared = [name for name, each in plan.accepted.items() if each.declared]
        for name, use in plan.uses.items():
            if name in plan.accepted and not plan.accepted[name].declared:
                near = _near(name, tuple(declared))
                if near is not None:
                    yield Hit(sight.at_name(use.span, name), f"no input '{name}' is declared; did you mean '{near}'?")


@lru_cache(maxsize=1_000)  # prompts of a library share their names
def _near(name: str, declared: tuple[str, ...]) -> str | None:
    """The declared name that a name is a misspelling of; names that differ in their numbers are two names."""
    bare = _DIGITS.sub("", name)
    known = [each for each in declared if _DIGITS.sub("", each) != bare]
    return next(iter(get_close_matches(name, known, n=1, cutoff=NEAR)), None)


@rule("T103", "unused-input", "warning", "A", "prompt")
def unused_input(sight: Sight) -> Iterator[Hit]:
    """An input that is declared, and that no variant of the prompt looks at.

    Why: whoever calls the prompt gives a value that the model never sees, and believes that it does.

    Bad: prompts/reply.yaml:3:3
        === prompts/reply.yaml
        inputs:
          tone: {type: string}
          ticket: {type: string}
        blocks:
          - user: "Answer in a {{ tone }} tone."

    Good:
        === prompts/reply.yaml
        inputs:
          tone: {type: string}
          ticket: {type: string}
        blocks:
          - user: "Answer in a {{ tone }} tone: {{ ticket }}"

    Source: the declared names less those that templates, conditions, parameters and item blocks look up, in every
    variant; nothing is said where a template's name is computed (A).
    """
    declared: dict[str, Input] = {}
    used: set[str] = set()
    for variant in sight.variants:
        plan = program(variant)
        declared |= {each.name: each for each in variant.settings.inputs}
        used |= {*plan.uses, *variant.parameters, *variant.set}
        if any(sight.is_dynamic(variant)):
            return
    if len(sight.variants) < len(sight.prompt.variants):
        return  # one that does not compose may use it
    own = sight.prompt.spec.span.path
    for name, each in declared.items():
        if name not in used and each.span.path == own:
            yield Hit(Place.of(each.span), f"nothing looks at the input '{name}'; use it, or remove it")


@rule("T107", "optional-unguarded", "warning", "A", "prompt")
def optional_unguarded(sight: Sight) -> Iterator[Hit]:
    """An input that a call may leave out, printed where nothing tests that it is there.

    Why: a call without it fails, though the declaration says that it may do without.

    Bad: prompts/reply.yaml:4:20
        === prompts/reply.yaml
        inputs:
          tier: {type: string, required: false}
        blocks:
          - user: "Tier {{ tier }}: what is due?"

    Good:
        === prompts/reply.yaml
        inputs:
          tier: {type: string, required: false}
        blocks:
          - user: "{% if tier is defined %}Tier {{ tier }}: {% endif %}What is due?"

    Good:
        === prompts/reply.yaml
        inputs:
          tier: {type: string, required: false}
        blocks:
          - user: "Tier {{ tier | default('none') }}: what is due?"

    Source: each place that looks the name up, with the tests around it; a default in the declaration guards it too (A).
    """
    for variant in sight.variants:
        accepted = program(variant).accepted
        for use in sight.uses(variant):
            declared = accepted.get(use.name)
            if declared is None or declared.required is not False or declared.default is not MISSING or use.guarded:
                continue
            if use.name not in variant.set:
                message = f"'{use.name}' may be left out, and is used here all the same; test it, or give a default"
                yield Hit(sight.at_name(use.span, use.name), message)


@rule("T108", "mixed-placeholder", "error", "A", "reader")
def mixed_placeholder(_: object) -> Iterable[Hit]:
    """An input in another tool's notation, such as `{name}`, that reaches the model nowhere else.

    Why: the braces are text here, so the model reads the name in the place of its value.

    Bad: prompts/reply.yaml:4:21
        === prompts/reply.yaml
        inputs:
          first_name: {type: string}
        blocks:
          - user: "Write to {first_name}."

    Good:
        === prompts/reply.yaml
        inputs:
          first_name: {type: string}
        blocks:
          - user: "Write to {{ first_name }}."

    Source: the name is declared and in no tag; braces, dollars and tags that name no unused input are left alone, as
    most prompts hold such text (A).
    """
    return ()


@rule("T113", "unused-block-input", "warning", "A", "library")
def unused_block_input(whole: Whole) -> Iterator[Hit]:
    """An input in a block's front matter that its text does not look at.

    Why: each prompt that uses the block asks its callers for a value that goes nowhere.

    Bad: blocks/role/agent.md:2:10
        === blocks/role/agent.md
        ---
        inputs: {company: {type: string}}
        ---
        You answer mails about invoices.
        === prompts/reply.yaml
        blocks:
          - use: role/agent
          - user: "{{ mail }}"

    Good:
        === blocks/role/agent.md
        ---
        inputs: {company: {type: string}}
        ---
        You answer mails for {{ company }}.
        === prompts/reply.yaml
        blocks:
          - use: role/agent
          - user: "{{ mail }}"

    Source: the declared names less those that the text looks up, with its includes (A).
    """
    for file in whole.library.blocks.values():
        if not file.inputs:
            continue
        try:
            needs = whole.library.engine.template(file.text).needs
        except PromptkitError:
            continue  # its problem is told already
        used = {use.name for use in needs.uses} | {file.input}
        for each in file.inputs if not needs.dynamic else ():
            if each.name not in used:
                yield Hit(Place.of(each.span), f"the text does not look at '{each.name}'; use it, or remove it")
