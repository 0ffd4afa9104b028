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
    """The tokenizer of the model given, else the prompt's, else the library's first, else o200k_base.

    An estimate is by the library's calibration of its model, if there is one.
    """
    from promptkit.tokens import tokenizer_for

    config = variant.prompt.library.config
    if model is not None:
        found = tokenizer_for(model)
    elif variant.settings.model is not None:
        found = tokenizer_at(variant.settings.model, variant.prompt.spec.span)
    else:
        found = tokenizer_at(config.models[0] if config.models else DEFAULT_MODEL, config.span)
    return found.calibrated(config.calibrations)


def tokenizer_at(model: str, place: Span) -> Tokenizer:
    """The tokenizer of a model that is named at `place`. Raises ModelError there."""
    from promptkit.tokens import tokenizer_for

    try:
        return tokenizer_for(model)
    except ModelError as error:
        raise ModelError(error.message, place) from error
