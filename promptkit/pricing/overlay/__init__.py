"""promptkit's own table of models: every figure with its source and the day it was checked; what no source says is left
out. A file for each maker."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from promptkit.pricing.facts import Quote

# What may stand before a "/" for a provider that makes models, by the maker's name.
MAKERS: Final = {"gemini": "google", "mistralai": "mistral", "x-ai": "xai"}

# Whose a model is, by the beginning of its name. Only of makers that sell their models at one price themselves.
_MADE_BY: Final = (
    ("openai", re.compile(r"gpt-|o[1-9]\b|chatgpt-|codex-")),
    ("anthropic", re.compile(r"claude-")),
    ("google", re.compile(r"gemini-")),
    ("mistral", re.compile(r"(mistral|ministral|magistral|codestral|devstral|pixtral|open-mi[sx]tral)-")),
    ("deepseek", re.compile(r"deepseek-")),
    ("cohere", re.compile(r"command-")),
    ("xai", re.compile(r"grok-")),
)


def maker_of(name: str) -> str | None:
    """Who makes the model of that name and sells it; None where the name does not say."""
    return next((maker for maker, names in _MADE_BY if names.match(name.lower())), None)


def own_quote(name: str) -> Quote | None:
    """What the table says of a model by its own name, or by a name that is written out as another of it."""
    quotes, aliases = _tables()
    return quotes.get(aliases.get(name, name))


def own_names() -> tuple[str, ...]:
    """The names of the table's models, in its order."""
    return tuple(_tables()[0])


def all_names() -> tuple[str, ...]:
    """The names of the table's models, then the other names that they have."""
    quotes, aliases = _tables()
    return (*quotes, *aliases)


@cache
def _tables() -> tuple[dict[str, Quote], dict[str, str]]:
    from promptkit.pricing.overlay import (
        anthropic,
        google,
        openai,
        others,
    )  # here: only who asks for a model loads them

    files = (openai, anthropic, google, others)
    quotes = {name: quote for file in files for name, quote in file.QUOTES.items()}
    return quotes, {name: of for file in files for name, of in file.ALIASES.items()}
