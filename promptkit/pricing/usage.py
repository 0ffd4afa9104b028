"""How a prompt is used: how often, with how much output, how much of it cached or sent as a batch."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields, replace
from decimal import Decimal
from typing import Final

from promptkit.errors import PromptkitError

DAYS_PER_YEAR: Final = 365
"""A month is a twelfth of a year of so many days: 30 5/12 days, 730 hours."""

_PER_MONTH: Final = {
    "day": (DAYS_PER_YEAR, 12),
    "week": (DAYS_PER_YEAR, 84),
    "month": (1, 1),
    "year": (1, 12),
}
_VOLUME = re.compile(r"\s*((?:[0-9]{1,3}(?:,[0-9]{3}){1,4}|[0-9][0-9_]{0,14})(?:\.[0-9]{1,9})?)\s*(?:/\s*([a-z]+)\s*)?")


@dataclass(frozen=True, slots=True)
class Usage:
    """What is declared about a prompt's calls; None where nothing is.

    `hit_rate` is the share of calls that find the cached prefix, `batch_share` that of calls sent as a batch.
    """

    calls_per_month: Decimal | None = None
    output_tokens: int | None = None
    hit_rate: Decimal | None = None
    batch_share: Decimal | None = None

    def over(self, base: Usage | None) -> Usage:
        """This usage, with what it does not declare taken from `base`."""
        own = {each.name: getattr(self, each.name) for each in fields(self)}
        said = {name: value for name, value in own.items() if value is not None}
        return self if base is None else replace(base, **said)


def calls_per_month(volume: str) -> Decimal:
    """The calls a month of `100000/month`, `3_000/day`, `5/week`, `1,000,000/year`; of a plain number, itself.

    A month is a twelfth of a year of 365 days. Raises PromptkitError.
    """
    match = _VOLUME.fullmatch(volume)
    period = (match[2] or "month") if match else ""
    if match is None and _VOLUME.fullmatch(volume.replace(",", ".", 1)):
        raise PromptkitError(f"'{volume[:40]}' is no volume; write {volume[:40].replace(',', '.', 1)}")
    if match is None or period not in _PER_MONTH:
        raise PromptkitError(f"'{volume[:40]}' is no volume; write a number, or one /day, /week, /month or /year")
    times, by = _PER_MONTH[period]
    return Decimal(match[1].replace("_", "").replace(",", "")) * times / by
