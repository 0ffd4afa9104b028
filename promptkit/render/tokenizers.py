"""Which tokenizer a prompt's limits and counts use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptkit.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptkit.config import Config
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
        found = _tokenizer_at(variant.settings.model, variant.settings.model_span or variant.prompt.spec.span)
    else:
        found = next(tokenizers_of(config), None) or tokenizer_for(DEFAULT_MODEL)
    return found.calibrated(config.calibrations)


def tokenizers_of(config: Config) -> Iterator[Tokenizer]:
    """The tokenizers of the library's models. Raises ModelError at the place of one that is unknown."""
    for model, place in config.placed_models:
        yield _tokenizer_at(model, place)


def _tokenizer_at(model: str, place: Span) -> Tokenizer:
    """The tokenizer of a model that is named at `place`. Raises ModelError there."""
    from promptkit.tokens import tokenizer_for

    try:
        return tokenizer_for(model)
    except ModelError as error:
        raise ModelError(error.message, place) from error
