"""Rules of what must not be in a prompt's files: credentials and personal data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptkit.lint.masks import SHOWN, secrets
from promptkit.lint.rule import Hit, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptkit.lint.sources import SourceFile

MAX_HITS = 20  # of one rule in one file


@rule("X503", "secret", "error", "A", "raw")
def secret(file: SourceFile) -> Iterator[Hit]:
    """A credential in a file of prompts.

    Why: the prompt goes to a provider, into logs and into everybody's checkout, and the model repeats it to whoever
    asks well. Take it out, and revoke it: git keeps what was committed.

    Bad: blocks/role/agent.md:2:11
        === blocks/role/agent.md
        Look the order up before you answer.
        Use token hf_QkZr8TnWvbYc2LpXs7JdMgHu4EaFo9RiTq to call the service.

    Bad: prompts/reply.yaml:3:37
        === prompts/reply.yaml
        blocks:
          - system: |
              Orders are at postgres://desk:pLq7vT2xWz@orders.acme.internal/shop
          - user: "{{ mail }}"

    Good:
        === blocks/role/agent.md
        Look the order up before you answer.
        Use the tool `find_order`; it has its own credentials.

    Source: the forms of keys as their makers document them, passwords in URLs, PEM keys, and values of high entropy
    after a name such as `api_key`. Made-up values (YOUR_KEY, EXAMPLE, xxxxx) are none. In 2024
    23.8 million new ones were counted in public repositories, GitGuardian's report as told in
    https://nhimg.org/articles/secrets-sprawl-is-widening-the-non-human-identity-governance-gap/ (A).
    """
    for found in secrets(file.text)[:MAX_HITS]:
        start = file.text[found.start : found.start + SHOWN]
        yield Hit(file.span(found.start, found.end), f"'{start}...' looks like {found.kind}; remove it, and revoke it")
