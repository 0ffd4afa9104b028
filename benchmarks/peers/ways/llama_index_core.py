"""llama-index-core: a ChatPromptTemplate of messages. https://developers.llamaindex.ai/python/framework/module_guides/models/prompts/"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

IMPORT = "from llama_index.core import ChatPromptTemplate; from llama_index.core.llms import ChatMessage"


def author(messages: list[tuple[str, str]], folder: str) -> list[tuple[str, str]]:
    """Its fields stand in single braces."""
    return [(role, text.replace("{{ ", "{").replace(" }}", "}")) for role, text in messages]


def ready(source: list[tuple[str, str]]) -> Callable[[dict[str, str]], Any]:
    """The template's own `format_messages`."""
    from llama_index.core import ChatPromptTemplate
    from llama_index.core.llms import ChatMessage

    template = ChatPromptTemplate([ChatMessage(role=role, content=text) for role, text in source])
    return lambda values: template.format_messages(**values)


def pairs(rendered: Any) -> list[tuple[str, str]]:
    """Of the messages."""
    return [(message.role.value, message.content or "") for message in rendered]
