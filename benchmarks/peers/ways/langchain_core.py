"""langchain-core: a ChatPromptTemplate. https://docs.langchain.com/oss/python/langchain/messages"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

IMPORT = "from langchain_core.prompts import ChatPromptTemplate"


def author(messages: list[tuple[str, str]], folder: str) -> list[tuple[str, str]]:
    """Its fields stand in single braces, its default."""
    return [(role, text.replace("{{ ", "{").replace(" }}", "}")) for role, text in messages]


def ready(source: list[tuple[str, str]]) -> Callable[[dict[str, str]], Any]:
    """The template's own `format_messages`, which does less than `invoke`."""
    from langchain_core.prompts import ChatPromptTemplate

    template = ChatPromptTemplate.from_messages(source)
    return lambda values: template.format_messages(**values)


def pairs(rendered: Any) -> list[tuple[str, str]]:
    """Its types are named otherwise."""
    roles = {"human": "user", "ai": "assistant"}
    return [(roles.get(message.type, message.type), message.content) for message in rendered]
