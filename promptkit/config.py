"""The settings of a library: what `promptkit.yaml` may say."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from promptkit.errors import Span

if TYPE_CHECKING:
    from collections.abc import Mapping

    from promptkit.pricing import Quote, Usage

FILE = "promptkit.yaml"

STATIC_TOKENS = 2_000
"""Static tokens from which a prompt is called long: our reading of "thousands of tokens", settable."""


@dataclass(frozen=True, slots=True)
class Jinja:
    """White-space settings of the library's own templates; stock Jinja2 by default."""

    trim_blocks: bool = False
    lstrip_blocks: bool = False


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From where a measured number is worth a remark."""

    static_tokens: int = STATIC_TOKENS


@dataclass(frozen=True, slots=True)
class Config:
    """A library's settings.

    `models` are those that `promptkit tokens` measures when none is named; `prices` are its own facts of models.
    """

    models: tuple[str, ...] = ()
    jinja: Jinja = field(default_factory=Jinja)
    thresholds: Thresholds = field(default_factory=Thresholds)
    span: Span = field(default_factory=lambda: Span(FILE))
    usage: Usage | None = None
    prices: Mapping[str, Quote] = field(default_factory=dict)
