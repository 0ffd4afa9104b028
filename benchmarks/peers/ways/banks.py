"""banks: one text of chat tags. https://masci.github.io/banks/"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

IMPORT = "from banks import Prompt"


def author(messages: list[tuple[str, str]], folder: str) -> str:
    """Each message between its tags."""
    return "\n".join(f'{{% chat role="{role}" %}}{text}{{% endchat %}}' for role, text in messages) + "\n"


def ready(source: str) -> Callable[[dict[str, str]], Any]:
    """The prompt's own `chat_messages`."""
    from banks import Prompt

    return Prompt(source).chat_messages  # type: ignore[no-any-return]


def pairs(rendered: Any) -> list[tuple[str, str]]:
    """A text is a string or a list of blocks."""
    return [(message.role, text(message.content)) for message in rendered]


def text(content: Any) -> str:
    """The blocks' texts joined; another kind of block by its type."""
    return content if isinstance(content, str) else "".join(block.text or f"[{block.type}]" for block in content)
