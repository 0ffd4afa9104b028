"""Rules of lint's own comments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptkit.lint.rule import Hit, rule

if TYPE_CHECKING:
    from collections.abc import Iterable


@rule("L705", "unused-suppression", "warning", "A", "reader")
def unused_suppression(_: object) -> Iterable[Hit]:
    """A comment that suppresses a rule which finds nothing there.

    Why: it says that something is wrong where nothing is, and will hide the next defect of that kind.

    Bad: blocks/role/agent.md:1:1
        === blocks/role/agent.md
        {# promptkit: ignore[S217] the team fills it in #}
        You answer mails about invoices.
        === prompts/reply.yaml
        blocks:
          - use: role/agent
          - user: "{{ mail }}"

    Good:
        === blocks/role/agent.md
        {# promptkit: ignore[S217] the name of the column #}
        TODO: this is what the first column is called.
        === prompts/reply.yaml
        blocks:
          - use: role/agent
          - user: "{{ mail }}"

    Source: the suppressed rule ran, and found nothing there (A).
    """
    return ()
