"""Which tokenizer a prompt's limits and counts use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptkit.errors import ModelError

if TYPE_CHECKING:
    from promptkit.errors import Span
    from promptkit.model import Variant
    from promptkit.tokens import Tokenizer

DEFAULT_MODEL = "o200k_base"


def tokenizer_of(variant: Variant, model: str | None) -> Tokenizer:
    """The tokenizer of the model given, else the prompt's, else the library's first, else o200k_base."""
    from promptkit.tokens import tokenizer_for

    if model is not None:
        return tokenizer_for(model)
    config = variant.prompt.library.config
    if variant.settings.model is not None:
        return tokenizer_at(variant.settings.model, variant.prompt.spec.span)
    return tokenizer_at(config.models[0] if config.models else DEFAULT_MODEL, config.span)


def tokenizer_at(model: str, place: Span) -> Tokenizer:
    """The tokenizer of a model that is named at `place`. Raises ModelError there."""
    from promptkit.tokens import tokenizer_for

    try:
        return tokenizer_for(model)
    except ModelError as error:
        raise ModelError(error.message, place) from error
