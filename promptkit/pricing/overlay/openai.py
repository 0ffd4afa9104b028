"""OpenAI's models."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from promptkit.pricing.facts import Quote

QUOTES: dict[str, Quote] = {}
