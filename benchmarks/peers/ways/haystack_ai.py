"""haystack-ai: a ChatPromptBuilder of messages. https://docs.haystack.deepset.ai/docs/chatpromptbuilder"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

IMPORT = "from haystack.components.builders import ChatPromptBuilder; from haystack.dataclasses import ChatMessage"


def author(messages: list[tuple[str, str]], folder: str) -> list[tuple[str, str]]:
    """The texts as they are."""
    return messages


def ready(source: list[tuple[str, str]]) -> Callable[[dict[str, str]], Any]:
    """The component's `run`, with every variable required."""
    from haystack.components.builders import ChatPromptBuilder
    from haystack.dataclasses import ChatMessage

    made = {"system": ChatMessage.from_system, "user": ChatMessage.from_user, "assistant": ChatMessage.from_assistant}
    builder = ChatPromptBuilder(template=[made[role](text) for role, text in source], required_variables="*")
    return lambda values: builder.run(**values)["prompt"]


def pairs(rendered: Any) -> list[tuple[str, str]]:
    """Of the messages."""
    return [(message.role.value, message.text) for message in rendered]
