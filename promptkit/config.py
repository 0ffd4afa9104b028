"""The settings of a library: what `promptkit.yaml` may say."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from promptkit.errors import Span

if TYPE_CHECKING:
    from collections.abc import Mapping

    from promptkit.pricing.facts import Quote
    from promptkit.pricing.usage import Usage

FILE = "promptkit.yaml"
CALIBRATION = "calibration.json"

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


RATIOS = (0.1, 10.0)
"""Least and most ratio of a calibration: beyond these it is another unit, not another vocabulary."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """How an estimate compares with a vendor's own counts: what `promptkit calibrate` measured.

    Counted tokens times `ratio` are the estimate. `error_p50` and `error_p95` are shares of the estimate: how far the
    vendor's count was from it in half, and in 95 of 100, of the `held_out` prompts that the ratio was not fitted on.
    None where too few were held out. `date` is ISO 8601, `endpoint` the URL that counted.
    """

    ratio: float
    error_p50: float | None
    error_p95: float | None
    fitted_on: int
    held_out: int
    date: str
    endpoint: str


@dataclass(frozen=True, slots=True)
class LintSettings:
    """Which rules `promptkit lint` runs. Rules are named by code, by the beginning of a code, by name, or `all`.

    With `select` those run in the place of the default ones. `per_file_ignores` are by patterns of paths, in which `*`
    matches slashes too. Each name comes with its place.
    """

    select: tuple[tuple[str, Span], ...] = ()
    ignore: tuple[tuple[str, Span], ...] = ()
    per_file_ignores: tuple[tuple[str, tuple[tuple[str, Span], ...]], ...] = ()
    severities: tuple[tuple[str, str, Span], ...] = ()
    preview: bool = False


@dataclass(frozen=True, slots=True)
class Config:
    """A library's settings.

    `models` are those that `promptkit tokens` measures when none is named, `model_spans` where each of them stands;
    `prices` are its own facts of models.
    `calibrations` are those of calibration.json, by the model's name.
    """

    models: tuple[str, ...] = ()
    jinja: Jinja = field(default_factory=Jinja)
    thresholds: Thresholds = field(default_factory=Thresholds)
    span: Span = field(default_factory=lambda: Span(FILE))
    usage: Usage | None = None
    prices: Mapping[str, Quote] = field(default_factory=dict)
    calibrations: Mapping[str, Calibration] = field(default_factory=dict)
    model_spans: tuple[Span, ...] = ()
    lint: LintSettings = field(default_factory=LintSettings)

    @property
    def placed_models(self) -> tuple[tuple[str, Span], ...]:
        """Its models, each with its place."""
        return tuple(zip(self.models, self.model_spans or [self.span] * len(self.models), strict=True))
