"""promptkit: prompts as a codebase. Compose them from blocks, render them exactly, count every token, offline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from promptkit import blocks
    from promptkit.errors import (
        BudgetError,
        ComposeError,
        InputError,
        LibraryError,
        LimitError,
        ModelError,
        Problem,
        PromptkitError,
        ProviderError,
        Span,
        TemplateError,
        UnknownNameError,
        VocabularyError,
    )
    from promptkit.library import load
    from promptkit.measure import Measurement, Part
    from promptkit.messages import Dropped, Message, Piece, Selected, ToolCall
    from promptkit.model import Library, Prompt, Rendered, Variant
    from promptkit.tokens import Tokenizer, tokenizer_for

__version__ = "0.1.0"

_HOMES = {
    "promptkit.errors": (
        "BudgetError",
        "ComposeError",
        "InputError",
        "LibraryError",
        "LimitError",
        "ModelError",
        "Problem",
        "PromptkitError",
        "ProviderError",
        "Span",
        "TemplateError",
        "UnknownNameError",
        "VocabularyError",
    ),
    "promptkit.library": ("load",),
    "promptkit.measure": ("Measurement", "Part"),
    "promptkit.messages": ("Dropped", "Message", "Piece", "Selected", "ToolCall"),
    "promptkit.model": ("Library", "Prompt", "Rendered", "Variant"),
    "promptkit.tokens": ("Tokenizer", "tokenizer_for"),
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "BudgetError",
    "ComposeError",
    "Dropped",
    "InputError",
    "Library",
    "LibraryError",
    "LimitError",
    "Measurement",
    "Message",
    "ModelError",
    "Part",
    "Piece",
    "Problem",
    "Prompt",
    "PromptkitError",
    "ProviderError",
    "Rendered",
    "Selected",
    "Span",
    "TemplateError",
    "Tokenizer",
    "ToolCall",
    "UnknownNameError",
    "Variant",
    "VocabularyError",
    "__version__",
    "blocks",
    "load",
    "tokenizer_for",
]


def __getattr__(name: str) -> Any:
    """Import what is asked for, when it is asked for: `import promptkit` alone loads nothing."""
    from importlib import import_module

    if name == "blocks":
        found: Any = import_module("promptkit.blocks")
    elif name in _HOME:
        found = getattr(import_module(_HOME[name]), name)
    else:
        raise AttributeError(f"module 'promptkit' has no attribute '{name}'")
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return __all__
