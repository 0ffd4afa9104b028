"""Tokens of a chat message: its texts, and what the chat format adds around them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptkit.tokens.counts import count

if TYPE_CHECKING:
    from promptkit.messages import Message
    from promptkit.tokens.models import Tokenizer


def message_parts(message: Message, tokenizer: Tokenizer) -> tuple[int, int, int]:
    """Tokens of a message: of its content, of its framing (role and name included), of its tool calls.

    A tool call is counted as its name and arguments, each as a text of its own, and framed as one more message: no
    provider documents what it adds. Without framing a message counts as its content and the texts of its tool calls.
    These are counts of the vocabulary, which a calibrated estimate scales: see `Tokenizer.scaled`.
    """
    encoding, framing = tokenizer.encoding, tokenizer.framing
    content = count(message.content, encoding)
    calls = sum(count(call.name, encoding) + count(call.arguments, encoding) for call in message.tool_calls)
    if framing.kind == "none":
        return content, 0, calls
    frame = framing.per_message + count(message.role, encoding)
    if message.name is not None:
        frame += framing.per_name + count(message.name, encoding)
    if message.tool_call_id is not None:
        frame += count(message.tool_call_id, encoding)
    return content, frame, calls + framing.per_message * len(message.tool_calls)


def message_tokens(message: Message, tokenizer: Tokenizer) -> int:
    """All tokens of a message, its framing included, as the tokenizer estimates them; not the reply's primer."""
    return tokenizer.scaled(sum(message_parts(message, tokenizer)))
