"""Money as people read it: rounded by significant digits, and the signs that stand for no amount in any table."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

UNKNOWN = "?"
INAPPLICABLE = "—"
SIGNIFICANT = 3  # digits that an amount below a dollar keeps at least
_CENT = Decimal("0.01")


def usd(amount: Decimal | None, *, sign: bool = False) -> str:
    """`amount` in dollars: to the cent from $1 on, else to three significant digits; half a digit is rounded up.

    "?" for None. `sign` writes a plus too, as for what something adds.
    """
    if amount is None:
        return UNKNOWN
    size = rounded(abs(amount))
    mark = "" if not size else "-" if amount < 0 else "+" if sign else ""
    return f"{mark}${size:,f}"


def rounded(amount: Decimal) -> Decimal:
    """An amount of 0 or more, as `usd` shows it."""
    digits = amount.adjusted() if 0 < amount < 1 else 0
    place = min(_CENT, Decimal(1).scaleb(digits - SIGNIFICANT + 1))
    found = amount.quantize(place, ROUND_HALF_UP)
    carried = found.adjusted() > digits or found >= 1  # 0.9996 is $1.00, not $1.000
    return found.quantize(min(_CENT, place.scaleb(1)), ROUND_HALF_UP) if carried and place < _CENT else found


def exact(amount: Decimal | None) -> str | None:
    """An amount for programs, to the 12th digit behind the point: no exponent, no zeros behind."""
    if amount is None:
        return None
    text = f"{amount:.12f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
