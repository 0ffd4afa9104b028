"""Forty turns with tool calls, trimmed to the prompt's history budget: the newest stay, no tool result is orphaned."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import promptkit

TEMPLATES = Path(__file__).parent.parent / "templates"


def turn(number: int) -> list[dict[str, Any]]:
    function = {"name": "site_status", "arguments": f'{{"site": "s{number}.example.com"}}'}
    call = {"id": f"call-{number}", "type": "function", "function": function}
    return [
        {"role": "user", "content": f"Question {number}: is site {number} up again?"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": f"call-{number}", "content": '{"status": "up"}'},
        {"role": "assistant", "content": f"Yes, site {number} has been up since this morning."},
    ]


def main() -> None:
    turns = [message for number in range(1, 41) for message in turn(number)]
    prompt = promptkit.load(TEMPLATES)["support/chat"]
    rendered = prompt.render(message="And all the others?", turns=turns, today="2026-11-24")

    kept = [message for message in rendered.messages if message.role in {"assistant", "tool"}]
    calls = {call.id for message in kept for call in message.tool_calls}
    results = {message.tool_call_id for message in kept if message.role == "tool"}
    for dropped in rendered.dropped:
        print(f"{dropped.block}: left out {dropped.what} {dropped.why}")
    print("oldest kept:", next(message for message in rendered.messages if message.role == "user").content)
    print("every tool result has its call:", results == calls)


if __name__ == "__main__":
    main()
