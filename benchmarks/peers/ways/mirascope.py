"""mirascope: a decorated function of f-strings. https://mirascope.com/docs/learn/llm"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

IMPORT = "from mirascope import llm"

PROGRAM = """
from mirascope import llm

@llm.prompt
def chat({names}):
    return [
        {messages},
    ]
"""


def author(messages: list[tuple[str, str]], folder: str) -> str:
    """The function that one would write; an assistant's message names no model."""
    import re

    names = sorted({name for _, text in messages for name in re.findall(r"{{ (\w+) }}", text)})
    made = []
    for role, text in messages:
        literal = "f" + repr(text.replace("{{ ", "{").replace(" }}", "}"))
        nobody = ", model_id=None, provider_id=None" if role == "assistant" else ""
        made.append(f"llm.messages.{role}({literal}{nobody})")
    return PROGRAM.format(names=", ".join(f"{name}: str" for name in names), messages=",\n        ".join(made))


def ready(source: str) -> Callable[[dict[str, str]], Any]:
    """The prompt's own `messages`."""
    scope: dict[str, Any] = {"__name__": "chat"}
    exec(compile(source, "chat.py", "exec"), scope)
    chat = scope["chat"]
    return lambda values: chat.messages(**values)


def pairs(rendered: Any) -> list[tuple[str, str]]:
    """A system's text is one part, the others' a list."""
    return [(message.role, text(message.content)) for message in rendered]


def text(content: Any) -> str:
    """The parts' texts joined."""
    return "".join(part.text for part in (content if isinstance(content, list | tuple) else [content]))
