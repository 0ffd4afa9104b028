"""promptkit: a prompt of blocks."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

IMPORT = "from promptkit import Prompt, blocks"


def author(messages: list[tuple[str, str]], folder: str) -> list[tuple[str, str]]:
    """The texts as they are."""
    return messages


def ready(source: list[tuple[str, str]]) -> Callable[[dict[str, str]], Any]:
    """The prompt's own `render`."""
    from promptkit import Prompt, blocks

    kinds = {"system": blocks.system, "user": blocks.user, "assistant": blocks.assistant}
    prompt = Prompt("chat", [kinds[role](text) for role, text in source])
    return lambda values: prompt.render(values).messages


def pairs(rendered: Any) -> list[tuple[str, str]]:
    """Of the messages."""
    return [(message.role, message.content) for message in rendered]
