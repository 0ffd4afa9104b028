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


@rule("D602", "example-violates-schema", "error", "A", "reader")
def example_violates_schema(_: object) -> Iterable[Hit]:
    """An example whose output the prompt's own format forbids.

    Why: the example teaches the model what the program that reads its answers refuses.

    Bad: prompts/sort.yaml:5:11
        === prompts/sort.yaml
        blocks:
          - format: {choices: [billing, shipping]}
          - examples:
              records:
                - {inputs: {ticket: Charged twice.}, output: bills}
          - user: "{{ ticket }}"

    Good:
        === prompts/sort.yaml
        blocks:
          - format: {choices: [billing, shipping]}
          - examples:
              records:
                - {inputs: {ticket: Charged twice.}, output: billing}
          - user: "{{ ticket }}"

    Source: the output held against the choices, or against the schema as JSON Schema validates it, references within
    the file alone; in every variant that has both (A).
    """
    return ()


@rule("D605", "duplicate-key", "error", "A", "reader")
def duplicate_key(_: object) -> Iterable[Hit]:
    """A key that stands twice in one mapping of a YAML or JSON file.

    Why: most readers keep the last without a word, so that what the first says is lost.

    Bad: prompts/reply.yaml:4:3
        === prompts/reply.yaml
        inputs:
          mail: {type: string, sample: Where is my parcel?}
          name: {type: string}
          mail: {type: string}
        blocks:
          - user: "{{ mail }} {{ name }}"

    Good:
        === prompts/reply.yaml
        inputs:
          mail: {type: string, sample: Where is my parcel?}
          name: {type: string}
        blocks:
          - user: "{{ mail }} {{ name }}"

    Source: YAML 1.2.2, section 3.2.1.3, asks that keys be unique, https://yaml.org/spec/1.2.2/#mapping; PyYAML 6.0
    loads the above and keeps the last (A).
    """
    return ()


@rule("D607", "example-variables", "error", "A", "reader")
def example_variables(_: object) -> Iterable[Hit]:
    """An example that lacks an input which the question shows, or gives one that the prompt does not have.

    Why: an example is asked as the call's own question is, so that without the input it cannot be shown, and a
    misspelt one is left out of what the model learns from.

    What is left alone: examples past those that `take` reaches, and a `text` with conditions, which may do without.

    Bad: prompts/sort.yaml:5:11
        === prompts/sort.yaml
        blocks:
          - format: {choices: [billing, shipping]}
          - examples:
              records:
                - {inputs: {tiket: Charged twice.}, output: billing}
          - user: "{{ ticket }}"

    Bad: prompts/sort.yaml:6:11
        === prompts/sort.yaml
        blocks:
          - format: {choices: [billing, shipping]}
          - examples:
              text: "{{ item.inputs.ticket }} is {{ item.output }}"
              records:
                - {inputs: {tiket: Charged twice.}, output: billing}
          - user: "{{ ticket }}"

    Good:
        === prompts/sort.yaml
        blocks:
          - format: {choices: [billing, shipping]}
          - examples:
              records:
                - {inputs: {ticket: Charged twice.}, output: billing}
          - user: "{{ ticket }}"

    Source: the inputs of the last user message in each variant, held against each example's; `promptkit.load` and
    rendering refuse the same (A).
    """
    return ()
