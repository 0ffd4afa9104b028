"""The same prompt twice: composed in Python, and read from files; messages and fingerprint agree."""

from __future__ import annotations

import tempfile
from pathlib import Path

import promptkit
from promptkit import Prompt, blocks

FILE = """
inputs:
  text: {type: string, trust: untrusted}
blocks:
  - role: You are a patient editor.
  - instructions: Shorten the text by half.
  - negative:
      - {avoid: drop figures, instead: drop adjectives}
  - context: {input: text}
variants:
  gentle: {drop: [negative]}
"""


def main() -> None:
    in_python = Prompt(
        "shorten",
        [
            blocks.role("You are a patient editor."),
            blocks.instructions("Shorten the text by half."),
            blocks.negative({"avoid": "drop figures", "instead": "drop adjectives"}),
            blocks.context({"input": "text"}),
        ],
        inputs={"text": {"type": "string", "trust": "untrusted"}},
        variants={"gentle": {"drop": ["negative"]}},
    )
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "prompts").mkdir()
        Path(folder, "prompts", "shorten.yaml").write_text(FILE, encoding="utf-8")
        on_disk = promptkit.load(folder)["shorten"]
    for name in in_python.variants:
        ours, theirs = (prompt[name].render(text="It rained for 3 days.") for prompt in (in_python, on_disk))
        print(name, ours.messages == theirs.messages, ours.fingerprint == theirs.fingerprint)
    print(in_python.render(text="It rained for 3 days.").messages[0].content)


if __name__ == "__main__":
    main()
