"""Rules of files and of example data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptkit.lint.rule import Hit, rule

if TYPE_CHECKING:
    from collections.abc import Iterable


@rule("D601", "invalid-file", "error", "A", "reader")
def invalid_file(_: object) -> Iterable[Hit]:
    """A file that is not of the form that promptkit reads.

    Why: nothing of it takes effect, and a misspelt key disarms a setting without a word.

    Bad: prompts/reply.yaml:1:1
        === prompts/reply.yaml
        modle: gpt-4.1-mini
        blocks:
          - user: "{{ ticket }}"

    Good:
        === prompts/reply.yaml
        model: gpt-4.1-mini
        blocks:
          - user: "{{ ticket }}"

    Source: the format of promptkit's files, `promptkit schema`; a key that is accepted and ignored made evaluations
    pass that tested nothing, https://github.com/promptfoo/promptfoo/issues/4321 (A).
    """
    return ()
