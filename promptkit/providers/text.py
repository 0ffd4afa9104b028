"""Plain text, for a model that takes no roles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from promptkit.errors import ProviderError
from promptkit.providers import body as shared

if TYPE_CHECKING:
    from promptkit.model import Rendered


def text(rendered: Rendered) -> dict[str, Any]:
    """The messages as one text. A tool call has no form in it."""
    for message in rendered.messages:
        if message.tool_calls or message.role == "tool":
            block = message.pieces[0].block if message.pieces else "history"
            raise ProviderError(f"plain text cannot carry the tool calls of '{block}'; leave them out of the history")
        media = next((part for part in message.parts if not isinstance(part, str)), None)
        if media is not None:
            raise ProviderError(f"plain text cannot carry the {media.type} of '{media.block}'; drop it", media.span)
    if rendered.tools:
        tool = rendered.tools[0]
        raise ProviderError(f"plain text cannot carry the tools of '{tool.block}'; drop it in a variant", tool.span)
    shared.refuse_names(rendered, "plain text")
    body = shared.start(rendered)
    body["prompt"] = "\n\n".join(message.content for message in rendered.messages)
    return shared.with_params(body, rendered)
