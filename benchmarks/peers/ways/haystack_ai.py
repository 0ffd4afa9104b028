"""haystack-ai: a ChatPromptBuilder of one text of message tags. https://docs.haystack.deepset.ai/docs/chatpromptbuilder

Its other form, a list of messages, leaves the fields of an assistant's message as they are.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

IMPORT = "from haystack.components.builders import ChatPromptBuilder"


def author(messages: list[tuple[str, str]], folder: str) -> str:
    """Each message between its tags."""
    return "\n".join(f'{{% message role="{role}" %}}{text}{{% endmessage %}}' for role, text in messages)


def ready(source: str) -> Callable[[dict[str, str]], Any]:
    """The component's `run`, with every variable required."""
    from haystack.components.builders import ChatPromptBuilder

    builder = ChatPromptBuilder(template=source, required_variables="*")
    return lambda values: builder.run(**values)["prompt"]


def pairs(rendered: Any) -> list[tuple[str, str]]:
    """Of the messages."""
    return [(message.role.value, "".join(message.texts)) for message in rendered]
