"""Where the tokens of each variant of a prompt go, block by block; the parts add up to the whole."""

from __future__ import annotations

from pathlib import Path

import promptkit

TEMPLATES = Path(__file__).parent.parent / "templates"


def main() -> None:
    prompt = promptkit.load(TEMPLATES)["support/triage"]
    ticket = "How do I add a colleague to my account?"
    for name in ("base", "zero-shot", "handbook"):
        measurement = prompt[name].render(ticket=ticket).count("gpt-4o")
        print(f"{name}: {measurement.tokens:,} tokens")
        for part in measurement.by_block:
            share = part.tokens / measurement.tokens
            print(f"  {part.tokens:>6,}  {share:>4.0%}  {part.name} ({part.source or part.kind})")
        assert sum(part.tokens for part in measurement.by_block) == measurement.tokens


if __name__ == "__main__":
    main()
