"""Trim a conversation to a token budget: the newest turns stay, and no tool result loses its call."""

from promptkit import Prompt, blocks

prompt = Prompt(
    "agent",
    [
        blocks.system("You help with orders. Look them up before you answer."),
        blocks.history({"input": "turns", "max_tokens": 300}),
        blocks.user("{{ message }}"),
    ],
    inputs={"turns": {"type": "messages"}},
)

turns: list[dict[str, object]] = []
for number in range(1, 41):
    call = {
        "id": f"call-{number}",
        "type": "function",
        "function": {"name": "order", "arguments": f'{{"id": {number}}}'},
    }
    turns += [
        {"role": "user", "content": f"Where is order {number}?"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": f"call-{number}", "content": "shipped on Monday"},
        {"role": "assistant", "content": f"Order {number} was shipped on Monday."},
    ]

rendered = prompt.render(turns=turns, message="Thank you!", model="gpt-4o")
print(len(turns), "messages of history,", len(rendered.messages) - 2, "kept")
print("the oldest kept:", rendered.messages[1].content)
print(rendered.dropped[0].what, rendered.dropped[0].why)
