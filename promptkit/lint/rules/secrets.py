"""Rules of what must not be in a prompt's files: credentials and personal data."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from promptkit.lint.masks import SHOWN, secrets
from promptkit.lint.personal import personal
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


@rule("X504", "pii", "warning", "A", "raw")
def pii(file: SourceFile) -> Iterator[Hit]:
    """Somebody's e-mail address, telephone number, social security number, IBAN or card number.

    Why: the prompt goes to a provider with every call, into logs and into git, where it stays, and the model may hand
    it to whoever asks. Examples that were copied from real cases are how it gets there.

    What is left alone: what is set aside for examples (example.com, 555-0100, the test cards of payment services, the
    IBANs of manuals), the addresses of roles such as `support@`, and numbers whose check digits are wrong.

    Bad: examples/mails.yaml:1:36
        === examples/mails.yaml
        - {inputs: {mail: "Please write to marta.kowalczyk@lampy-marty.pl"}, output: contact}

    Bad: blocks/role/agent.md:2:23
        === blocks/role/agent.md
        You answer for the shop.
        Refunds are paid from SE13 6000 0000 0007 6341 8825.

    Good:
        === examples/mails.yaml
        - {inputs: {mail: "Please write to marta@example.com or call 202-555-0143"}, output: contact}

    Good:
        === blocks/role/agent.md
        For everything else, name support@lamps.shop, and no card but 4242 4242 4242 4242.

    Source: RFC 2606 for names of examples, ISO 13616 for the check digits of an IBAN, Luhn's sum (ISO/IEC 7812) for
    those of a card; a telephone number without a country, and a social security number, which has no check digit, only
    after a word that names it. Against it: whether an address is a person's cannot be seen in it, and its owner may
    have agreed (A).
    """
    every = list(personal(file.text))
    counted = Counter(found.kind for found in every)
    for found in {found.kind: found for found in reversed(every)}.values():
        start = file.text[found.start : found.start + SHOWN]
        others = f", with {counted[found.kind] - 1:,} more in this file" if counted[found.kind] > 1 else ""
        remedy = "write one that is set aside for examples, or take it as an input"
        yield Hit(file.span(found.start, found.end), f"'{start}...' looks like {found.kind}{others}; {remedy}")
