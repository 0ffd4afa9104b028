"""`promptkit lint` over 1,000 prompt files with two shared partials each, against what parsing them takes by itself."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.counting import english
from benchmarks.rounds import Row, interleaved, rows

if TYPE_CHECKING:
    from collections.abc import Callable

GROUP = "lint 1,000 prompts with two of 40 partials each, whole processes"
BASE = "PyYAML's C composing and jinja2's parsing, in a script"
COLD = "promptkit lint --no-cache"
AGAIN = "promptkit lint, nothing changed"
CHANGED = "promptkit lint, one partial changed"
HELLO = "click hello world"
PROMPTS, PARTIALS = 1_000, 40
LIMITS = {COLD: 1.5}

PARSE = """
import sys
from pathlib import Path
import yaml
from jinja2 import Environment
root, env = Path(sys.argv[1]), Environment(keep_trailing_newline=True)
for path in root.glob("prompts/*.yaml"):
    for key, value in yaml.compose(path.read_text("utf-8"), yaml.CSafeLoader).value:
        if key.value == "blocks":
            for block in value.value:
                env.parse(block.value[0][1].value)
for path in root.glob("partials/*"):
    env.parse(path.read_text("utf-8"))
"""
LINT = "from promptkit.cli import main; main()"  # what the installed `promptkit` runs


def write_library(root: Path) -> None:
    """Prompts of about 170 words with conditions, a loop, filters and includes; the words are the standard blocks'."""
    words, draw = [word for word in english() if word.isalpha()], random.Random(1)

    def some(size: int) -> str:
        return " ".join(draw.choices(words, k=size)).capitalize() + "."

    for folder in ("prompts", "partials"):
        (root / folder).mkdir(parents=True)
    (root / "promptkit.yaml").write_text("models: [gpt-4.1-mini]\n", "utf-8")
    for number in range(PARTIALS):
        text = (
            f"{some(40)}\n{{% if audience_{number % 3} %}}{some(10)} {{{{ name_{number % 5} }}}}{{% endif %}}\n"
            f"{{% for item in items_{number % 4} -%}}\n- {{{{ item.title | upper }}}}: {{{{ item.text }}}}\n"
            f"{{% endfor -%}}\n{some(20)}\n"
        )
        (root / f"partials/p{number}.md").write_text(text, "utf-8")
    for number in range(PROMPTS):
        first, second = draw.sample(range(PARTIALS), 2)
        text = f"""\
description: Prompt {number}
inputs:
  ticket: {{type: string, trust: untrusted, max_tokens: 800}}
blocks:
  - role: {some(20)}
  - instructions: |
      {some(60)}
      {{% include "p{first}" %}}
      {{% if urgent %}}{some(12)}{{% elif plan == "gold" %}}{some(8)}{{% else %}}{some(5)}{{% endif %}}
      {{% for step in steps -%}}
      {{{{ loop.index }}}}. {{{{ step | trim }}}}
      {{% endfor -%}}
      {some(40)}
      {{% include "p{second}" %}}
  - user: |
      <ticket>
      {{{{ ticket }}}}
      </ticket>
"""
        (root / f"prompts/q{number:04d}.yaml").write_text(text, "utf-8")


def ran(*arguments: str) -> None:
    """Runs Python with these arguments; findings are no failure."""
    done = subprocess.run([sys.executable, *arguments], stdout=subprocess.DEVNULL, check=False)
    assert done.returncode in (0, 1), arguments


def measure(rounds: int) -> list[Row]:
    """Wall time of fresh processes."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder, "library")
        write_library(root)
        os.environ["XDG_CACHE_HOME"] = os.environ["LOCALAPPDATA"] = folder
        command = ("-c", LINT, "lint", "--library", str(root), "--format", "concise")
        ran(*command)
        partial = root / "partials/p0.md"

        def changed() -> None:
            partial.write_text(partial.read_text("utf-8") + "One line more.\n", "utf-8")
            ran(*command)

        ways: dict[str, Callable[[], None]] = {
            BASE: lambda: ran("-c", PARSE, str(root)),
            COLD: lambda: ran(*command, "--no-cache"),
            CHANGED: changed,
        }
        cold = rows(GROUP, interleaved(ways, rounds, round_s=0), BASE, LIMITS)
        repeated: dict[str, Callable[[], None]] = {
            HELLO: lambda: ran("-c", "import click; click.command()(lambda: click.echo('hello'))()"),
            AGAIN: lambda: ran(*command),
        }
        return cold + rows("the same again", interleaved(repeated, rounds, round_s=0), HELLO, {AGAIN: 3.0})
