"""The body of an OpenAI request as JSON, the prompt's schema in its structured-output field."""

from __future__ import annotations

import json
from pathlib import Path

import promptkit

TEMPLATES = Path(__file__).parent.parent / "templates"


def main() -> None:
    prompt = promptkit.load(TEMPLATES)["extract/invoice"]
    receipt = "Example Bakery\n3 rolls 2.70\nTOTAL 2.70 EUR, paid 2026-11-20"
    body = prompt.render(invoice=receipt, variant="header", model="gpt-4o").to("openai")
    print(json.dumps(body, ensure_ascii=False, indent=2))


if __name__ == "__main__":
    main()
