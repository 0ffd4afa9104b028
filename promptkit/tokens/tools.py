"""Tokens of function definitions, by the only rule that was published.

Source: OpenAI cookbook, "How to count tokens with tiktoken", whose printed counts (101 for gpt-4o, 105 for gpt-4) are
those that the API returned; checked 2026-11-24. It is written for gpt-4o, gpt-4o-mini, gpt-4 and gpt-3.5-turbo, and for
parameters that have a type, a description and at most an enum of texts. For OpenAI's other models it is assumed.
Parameters that nest or say more, and the tools of other vendors, have no published rule.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from promptkit.tokens.counts import count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from promptkit.messages import Tool
    from promptkit.tokens.models import Tokenizer
    from promptkit.tokens.vocabulary import EncodingName

FUNCTION: Mapping[str, int] = {"o200k_base": 7, "cl100k_base": 10}
PROPERTIES = 3  # once, for a function that has any
PROPERTY = 3
ENUM = -3
ENUM_ITEM = 3
END = 12  # once, after the last function

_SCALARS = ("string", "integer", "number", "boolean")
_KNOWN = frozenset({"type", "description", "enum"})


def tool_tokens(tools: Sequence[Tool], tokenizer: Tokenizer) -> int | None:
    """Tokens of the definitions together. 0 for none, None where the rule does not say."""
    if not tools:
        return 0
    if tokenizer.basis == "estimate" or tokenizer.framing.kind == "none" or tokenizer.encoding not in FUNCTION:
        return None
    total = END
    for tool in tools:
        tokens = _function(tool, tokenizer.encoding)
        if tokens is None:
            return None
        total += tokens
    return total


def _function(tool: Tool, encoding: EncodingName) -> int | None:
    tokens = FUNCTION[encoding] + count(f"{tool.name}:{tool.description.removesuffix('.')}", encoding)
    properties = tool.parameters.get("properties") or {}
    if not isinstance(properties, Mapping) or "$defs" in tool.parameters:
        return None
    tokens += PROPERTIES if properties else 0
    for name, schema in properties.items():
        if not _is_flat(schema):
            return None
        line = f"{name}:{schema['type']}:{schema['description'].removesuffix('.')}"
        tokens += PROPERTY + count(line, encoding)
        if "enum" in schema:
            tokens += ENUM + sum(ENUM_ITEM + count(item, encoding) for item in schema["enum"])
    return tokens


def _is_flat(schema: Any) -> bool:
    """Whether a parameter says what the rule counts, and nothing else."""
    if not isinstance(schema, Mapping) or not schema.keys() <= _KNOWN or schema.get("type") not in _SCALARS:
        return False
    enum = schema.get("enum", ["-"])
    texts = isinstance(enum, list | tuple) and enum and all(isinstance(item, str) for item in enum)
    return bool(texts) and isinstance(schema.get("description"), str)
