"""What files say about money: how a prompt is used, and what a library's own table says of models."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from promptkit.errors import PromptkitError
from promptkit.pricing import Quote, Usage, calls_per_month
from promptkit.pricing.facts import INPUT, RATES
from promptkit.read import fields, keys
from promptkit.read.nodes import Fault, Map, Node, Problems, Scalar, describe

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from promptkit.pricing.facts import Price

_DECIMAL = re.compile(r"[0-9]{1,12}(\.[0-9]{1,12})?")  # more digits are a slip, and would not add up exactly


def usage(node: Node, problems: Problems) -> Usage:
    """How a prompt is used."""
    given = fields.mapping(node, "usage")
    fields.refuse_unknown(given, keys.USAGE, "key of usage", problems)
    return Usage(**_read(given, _USAGE, problems))


def prices(node: Node, problems: Problems) -> dict[str, Quote]:
    """A library's own table: what it says of models, by their names."""
    table = fields.mapping(node, "prices")
    found = {}
    for name, entry in table.entries.items():
        quote = problems.catch(_quote, entry, name, problems)
        if quote is not None:
            found[name] = quote
    return found


def _quote(node: Node, model: str, problems: Problems) -> Quote:
    entry = fields.mapping(node, f"the prices of '{model}'")
    fields.refuse_unknown(entry, keys.PRICE, "key of a model's prices", problems)
    given = _read(entry, _FACTS, problems)
    given.setdefault("source", str(entry.span))
    if "tiers" in entry.entries:
        given["tiers"] = problems.each(_tier, fields.sequence(entry.entries["tiers"], "tiers"), problems)
    return Quote(prices=_prices(entry, problems), batch=_batch(entry, problems), **given)


def _tier(node: Node, problems: Problems) -> tuple[int, Mapping[str, Price], Mapping[str, Price]]:
    tier = fields.mapping(node, "a tier")
    fields.refuse_unknown(tier, keys.TIER, "key of a tier", problems)
    if "above_tokens" not in tier.entries:
        raise Fault(tier.span, "a tier needs above_tokens")
    above = fields.whole(tier.entries["above_tokens"], "above_tokens")
    return above, _prices(tier, problems), _batch(tier, problems)


def _batch(entry: Map, problems: Problems) -> dict[str, Price]:
    if "batch" not in entry.entries:
        return {}
    batch = problems.catch(fields.mapping, entry.entries["batch"], "batch")
    if batch is None:
        return {}
    fields.refuse_unknown(batch, keys.RATES, "key of batch", problems)
    return _prices(batch, problems)


def _prices(entry: Map, problems: Problems) -> dict[str, Price]:
    return _read(entry, dict.fromkeys(RATES, ("", _price)), problems)


def _read(
    entry: Map, readers: Mapping[str, tuple[str, Callable[[Node, str], Any]]], problems: Problems
) -> dict[str, Any]:
    """The values of the keys that a table knows, by its name for each, "" being the key itself."""
    found = {}
    for key, (name, reader) in readers.items():
        value = problems.catch(reader, entry.entries[key], key) if key in entry.entries else None
        if value is not None:
            found[name or key] = value
    return found


def _price(node: Node, key: str) -> Price:
    cached = key in ("cached_input", "cache_write")
    if cached and isinstance(node, Scalar) and node.value == INPUT:
        return INPUT
    ways = ", or input (billed as input)" if cached else ""
    return _decimal(node, f"{key} must be a number of USD per million tokens{ways}")


def _share(node: Node, key: str) -> Decimal:
    share = _decimal(node, f"{key} must be a share from 0 to 1")
    if share > 1:
        raise Fault(node.span, f"{key} must be a share from 0 to 1, not {describe(node)}")
    return share


def _decimal(node: Node, what: str) -> Decimal:
    """A number as it is typed: no float stands between."""
    if isinstance(node, Scalar) and _DECIMAL.fullmatch(node.value):
        return Decimal(node.value)
    raise Fault(node.span, f"{what}, not {describe(node)}")


def _calls(node: Node, key: str) -> Decimal:
    if not isinstance(node, Scalar):
        raise Fault(node.span, f"{key} must be a number a month, or one such as 100000/day, not {describe(node)}")
    try:
        return calls_per_month(node.value)
    except PromptkitError as error:
        raise Fault(node.span, f"{key}: {error.message}") from error


def _step(node: Node, key: str) -> int:
    step = fields.whole(node, key)
    if step == 0:
        raise Fault(node.span, f"{key} must be 1 or more, not 0")
    return step


def _date(node: Node, key: str) -> date:
    try:
        if isinstance(node, Scalar) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", node.value):
            return date.fromisoformat(node.value)
    except ValueError:  # such as 2026-02-30
        pass
    raise Fault(node.span, f"{key} must be a date such as 2026-11-24, not {describe(node)}")


_USAGE: Mapping[str, tuple[str, Callable[[Node, str], Any]]] = {
    "calls": ("calls_per_month", _calls),
    "output_tokens": ("", fields.whole),
    "hit_rate": ("", _share),
    "batch": ("batch_share", _share),
}
_FACTS: Mapping[str, tuple[str, Callable[[Node, str], Any]]] = {
    "provider": ("", fields.name),
    "context_window": ("", fields.whole),
    "max_output_tokens": ("", fields.whole),
    "cache_minimum": ("", fields.whole),
    "cache_step": ("", _step),
    "reasons": ("", fields.flag),
    "retires": ("", _date),
    "source": ("", fields.name),
    "checked": ("", _date),
}
