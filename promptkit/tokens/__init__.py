"""Token counts that are exact, work offline, and say what they rest on."""

from __future__ import annotations

from promptkit.tokens.carriers import CARRIERS
from promptkit.tokens.counts import count, split
from promptkit.tokens.framing import Framing
from promptkit.tokens.images import image_tokens
from promptkit.tokens.messages import message_parts, message_tokens
from promptkit.tokens.models import Tokenizer, model_names, tokenizer_for
from promptkit.tokens.tools import tool_tokens

__all__ = [
    "CARRIERS",
    "Framing",
    "Tokenizer",
    "count",
    "image_tokens",
    "message_parts",
    "message_tokens",
    "model_names",
    "split",
    "tokenizer_for",
    "tool_tokens",
]
