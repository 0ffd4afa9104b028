"""The settings of a library: what `promptkit.yaml` may say."""

from __future__ import annotations

from dataclasses import dataclass, field

from promptkit.errors import Span

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
    """A library's settings. `models` are those that `promptkit tokens` measures when none is named."""

    models: tuple[str, ...] = ()
    jinja: Jinja = field(default_factory=Jinja)
    thresholds: Thresholds = field(default_factory=Thresholds)
    span: Span = field(default_factory=lambda: Span(FILE))
