"""Opening a library of 1,000 prompt files of about 40 lines, against the least that any reader of them could do."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.rounds import Row, interleaved, rows

if TYPE_CHECKING:
    from collections.abc import Callable

GROUP = "open 1,000 prompts"
BASE = "read files, PyYAML's C composer"
COMPOSED = "promptkit, read and compose the prompts"
VARIANTS = "promptkit, and their 2,000 variants too"
LOADED = "promptkit.load, every check"
LIMITS = {COMPOSED: 2.0}
PROMPTS = 1_000
AREAS = ("billing", "shipping", "returns", "accounts", "reviews", "sales", "legal", "hiring", "search", "reports")
TASKS = ("Classify", "Summarise", "Answer", "Translate", "Rewrite", "Check", "Sort", "Explain")

CONFIG = "models: [gpt-4.1-mini]\n"
ROLE = """---
description: Who speaks for {area}.
owner: "@{area}"
inputs:
  company: {{type: string, description: The company as customers know it., sample: Acme}}
---
You are a member of the {area} team of {{{{ company }}}}. You are calm, brief and exact.
"""
RULES = """---
description: What every answer of {area} keeps to.
---
Keep to what the ticket says. Where it leaves a question open, ask that question.
Name amounts, dates and order numbers exactly as they are written.
"""
PARTIAL = "Answers of {area} are read by {{{{ company }}}} first, and sent within one working day.\n"
SCHEMA = """{{"type": "object", "required": ["queue", "urgent"], "additionalProperties": false,
 "properties": {{"queue": {{"enum": ["{area}", "other"]}}, "urgent": {{"type": "boolean"}}}}}}
"""
PROMPT = """description: {task} a ticket of {area}, number {number}.
owner: "@{area}"
model: gpt-4.1-mini
params: {{temperature: 0}}
inputs:
  ticket: {{type: string, trust: untrusted, sample: "I was charged {number} times."}}
  company: {{type: string, default: Acme}}
  shots: {{type: integer, default: 4}}
blocks:
  - use: role/{area}
  - use: instructions/{area}
  - instructions: |
      {task} ticket number {number} for {{{{ company }}}}.
      {{% include "house-{area}" %}}
      Write one short sentence about what the customer asks for, before anything else.
      Where the ticket is about more than one thing, {task_lower} each of them by itself.
{condition}      {{% include "queues-{area}" %}}
  - negative:
      - invent facts about order {number}
      - {{avoid: apologise twice, instead: say what happens next}}
  - format: {form}
  - examples:
      take: "{{{{ shots }}}}"
      records:
        - inputs: {{ticket: "Where is parcel {number}?"}}
          output: {first}
        - inputs:
            ticket: |
              My site has been down since Monday.
              Order {number} was to be delivered the day before.
          output: {second}
  - context: {{input: ticket}}
variants:
  zero-shot: {{drop: [examples]}}
  careful:
    add: [{{use: std/instructions/plain-language, before: format}}]
"""
CONDITION = """      {{% if shots > {number} %}}
      Compare the ticket with the examples first.
      {{% endif %}}
"""


def write_library(root: Path, prompts: int = PROMPTS) -> None:
    """The library: a role, rules, two partials and a schema for each area, and the prompts over them."""
    files = {"promptkit.yaml": CONFIG}
    for area in AREAS:
        files[f"blocks/role/{area}.md"] = ROLE.format(area=area)
        files[f"blocks/instructions/{area}.md"] = RULES.format(area=area)
        files[f"partials/house-{area}.md"] = files[f"partials/queues-{area}.md"] = PARTIAL.format(area=area)
        files[f"schemas/{area}.json"] = SCHEMA.format(area=area)
    for number in range(prompts):
        area = AREAS[number % len(AREAS)]
        files[f"prompts/{area}/ticket-{number}.yaml"] = prompt(number, area)
    for path, text in files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, "utf-8")


def prompt(number: int, area: str) -> str:
    """One prompt file. Half of them answer by a schema, half by choices; a third have a condition."""
    task = TASKS[number % len(TASKS)]
    by_schema = number // len(AREAS) % 2 == 0
    return PROMPT.format(
        area=area,
        number=number,
        task=task,
        task_lower=task.lower(),
        condition=CONDITION.format(number=number % 7) if number % 3 == 0 else "",
        form=f"{{schema: schemas/{area}.json}}" if by_schema else f"{{choices: [{area}, other]}}",
        first=f"{{queue: {area}, urgent: false}}" if by_schema else area,
        second="{queue: other, urgent: true}" if by_schema else "other",
    )


def composed_by_yaml(root: Path) -> Callable[[], object]:
    """The bytes of every file, and the nodes of every prompt: what any reader has to do, and nothing else."""
    import yaml
    from yaml import CSafeLoader

    def run() -> int:
        nodes = 0
        for path in sorted(root.rglob("*.*")):
            content = path.read_bytes()
            if path.suffix == ".yaml":
                nodes += yaml.compose(content, Loader=CSafeLoader) is not None
        return nodes

    return run


def composed_by_promptkit(root: Path, *, variants: bool) -> Callable[[], object]:
    """Every file read and every prompt composed, with the garbage collector as promptkit.load has it.

    A prompt is its base, as it renders by default; with `variants` each of its two variants is composed too.
    """
    from promptkit import collector
    from promptkit.read import read
    from promptkit.trees import Folder

    def run() -> int:
        with collector.seldom():
            library, problems = read(Folder(root))
            assert not problems, problems[0]
            prompts = library.prompts.values()
            return sum(
                len(each[name].blocks) > 0 for each in prompts for name in each.variants[: None if variants else 1]
            )

    return run


def loaded(root: Path) -> Callable[[], object]:
    """The public call: templates are checked too, what they look up is known, every example held against its format."""
    import promptkit

    return lambda: len(promptkit.load(root))


def measure(rounds: int) -> list[Row]:
    """Every way over the same files, checked to find all of them."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        write_library(root)
        ways = {
            BASE: composed_by_yaml(root),
            COMPOSED: composed_by_promptkit(root, variants=False),
            VARIANTS: composed_by_promptkit(root, variants=True),
            LOADED: loaded(root),
        }
        found = [way() for way in ways.values()]
        assert found == [PROMPTS + 1, PROMPTS, 3 * PROMPTS, PROMPTS], found
        return rows(GROUP, interleaved(ways, rounds, round_s=0, clock=time.process_time), BASE, LIMITS)
