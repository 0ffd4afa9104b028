"""How the table's rows write prices."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from promptkit.pricing.facts import INPUT, RATES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from promptkit.pricing.facts import Price


def of(row: str) -> Mapping[str, Price]:
    """Prices in the order of RATES: input, cached input, cache write, output. `input` is billed as input, - unknown."""
    cells = zip(RATES, row.split(), strict=True)
    return {key: INPUT if cell == INPUT else Decimal(cell) for key, cell in cells if cell != "-"}
