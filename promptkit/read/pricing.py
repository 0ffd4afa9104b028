"""What files say about money: how a prompt is used, and what a library's own table says of models."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from promptkit.errors import PromptkitError
from promptkit.modelnames import ESTIMATE, meant
from promptkit.pricing.facts import INPUT, RATES, Quote
from promptkit.pricing.models import today
from promptkit.pricing.overlay import all_names
from promptkit.pricing.usage import Usage, calls_per_month
from promptkit.read import fields, keys
from promptkit.read.nodes import Fault, Map, Node, Problems, Scalar, describe, scalar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from promptkit.pricing.facts import Price

_SAYS_NOTHING = frozenset({"source", "checked"})  # without a figure beside them
_DECIMAL = re.compile(r"[0-9]{1,12}(\.[0-9]{1,12})?")  # more digits are a slip, and would not add up exactly


def usage(node: Node, problems: Problems) -> Usage:
    """How a prompt is used."""
    if isinstance(node, Scalar) and _is_volume(node.value):
        raise Fault(node.span, f"usage must be a mapping, not {describe(node)}; write {{calls: {node.value}}}")
    given = fields.mapping(node, "usage")
    fields.refuse_unknown(given, keys.USAGE, "key of usage", problems)
    return Usage(**_read(given, _USAGE, problems))


def _is_volume(text: str) -> bool:
    try:
        calls_per_month(text)
    except PromptkitError:
        return False
    return True


def prices(node: Node, problems: Problems) -> dict[str, Quote]:
    """A library's own table: what it says of models, by their names."""
    table = fields.mapping(node, "prices")
    found = {}
    for name, entry in table.entries.items():
        fault = _fault_of(name)
        if fault is not None:
            problems.add(table.keys[name], fault)
        quote = problems.catch(_quote, entry, name, problems)
        if quote is not None:
            found[name] = quote
    return found


def _fault_of(model: str) -> str | None:
    """What is wrong with a model's name: it would name no model that is ever asked for."""
    if not model.strip():
        return "a model's name is empty; write it, as --model takes it"
    if model.startswith(ESTIMATE):
        own = model.removeprefix(ESTIMATE)
        return f"'{model}' is priced by the model's own name; write " + (f"'{own}'" if own else "that")
    intended = meant(model, all_names())
    return None if intended is None else f"unknown model '{model}'; did you mean '{intended}'?"


def _quote(node: Node, model: str, problems: Problems) -> Quote:
    entry = fields.mapping(node, f"the prices of '{model}'")
    fields.refuse_unknown(entry, keys.PRICE, "key of a model's prices", problems)
    given = _read(entry, _FACTS, problems)
    if _SAYS_NOTHING.issuperset(entry.entries):
        raise Fault(entry.span, f"the prices of '{model}' hold no figure; write input and output, or remove the entry")
    given["place"] = str(entry.span)
    given.setdefault("source", str(entry.span))
    if "tiers" in entry.entries:
        given["tiers"] = problems.each(_tier, fields.sequence(entry.entries["tiers"], "tiers"), problems)
        _refuse_twice(entry.entries["tiers"], given["tiers"], problems)
    return Quote(prices=_prices(entry, problems), batch=_batch(entry, problems), **given)


def _tier(node: Node, problems: Problems) -> tuple[int, Mapping[str, Price], Mapping[str, Price]]:
    tier = fields.mapping(node, "a tier")
    fields.refuse_unknown(tier, keys.TIER, "key of a tier", problems)
    if "above_tokens" not in tier.entries:
        raise Fault(tier.span, "a tier needs above_tokens")
    above = _positive(tier.entries["above_tokens"], "above_tokens")
    return above, _prices(tier, problems), _batch(tier, problems)


def _refuse_twice(node: Node, tiers: Sequence[tuple[int, Any, Any]], problems: Problems) -> None:
    """Note each tier that begins where an earlier one does."""
    nodes = fields.sequence(node, "tiers")
    if len(nodes) > len(tiers):
        return  # some could not be read, and that was told
    begun: set[int] = set()
    for each, (above, _, _) in zip(nodes, tiers, strict=True):
        if above in begun:
            problems.add(each.span, f"a tier above {above} tokens stands twice; remove one of them")
        begun.add(above)


def _batch(entry: Map, problems: Problems) -> dict[str, Price]:
    if "batch" not in entry.entries:
        return {}
    batch = problems.catch(fields.mapping, entry.entries["batch"], "batch")
    if batch is None:
        return {}
    if not batch.entries:
        problems.add(batch.span, "batch is empty; write its rates, or leave batch out")
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
    what = f"{key} must be a share from 0 to 1"
    percent = node.value.strip().removesuffix("%").rstrip() if isinstance(node, Scalar) and "%" in node.value else ""
    if _DECIMAL.fullmatch(percent) and Decimal(percent) <= 100:
        raise Fault(node.span, f"{what}, not {describe(node)}; write {(Decimal(percent) / 100).normalize():f}")
    share = _decimal(node, what)
    if share > 1:
        raise Fault(node.span, f"{what}, not {describe(node)}")
    return share


def _decimal(node: Node, what: str) -> Decimal:
    """A number as it is typed: no float stands between."""
    if isinstance(node, Scalar) and _DECIMAL.fullmatch(node.value):
        return Decimal(node.value)
    hint = ""
    if isinstance(node, Scalar) and node.value.count(",") == 1 and _DECIMAL.fullmatch(node.value.replace(",", ".")):
        hint = f"; write {node.value.replace(',', '.')}"
    elif isinstance(node, Scalar) and _DECIMAL.fullmatch(node.value.removeprefix("$")):
        hint = f"; write {node.value.removeprefix('$')}"
    raise Fault(node.span, f"{what}, not {describe(node)}{hint}")


def _text(node: Node, key: str) -> str:
    """A text that is not empty, and that YAML reads as one: no number, no date, no null."""
    if isinstance(node, Scalar) and not isinstance(scalar(node), str):
        raise Fault(node.span, f"{key} must be text, not {describe(node)}; quote it if it is one")
    return fields.name(node, key)


def _calls(node: Node, key: str) -> Decimal:
    if not isinstance(node, Scalar):
        raise Fault(node.span, f"{key} must be a number a month, or one such as 100000/day, not {describe(node)}")
    try:
        return calls_per_month(node.value)
    except PromptkitError as error:
        raise Fault(node.span, f"{key}: {error.message}") from error


def _positive(node: Node, key: str) -> int:
    number = fields.whole(node, key)
    if number == 0:
        raise Fault(node.span, f"{key} must be 1 or more, not 0")
    return number


def _date(node: Node, key: str) -> date:
    try:
        if isinstance(node, Scalar) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", node.value):
            return date.fromisoformat(node.value)
    except ValueError:  # such as 2026-02-30
        pass
    raise Fault(node.span, f"{key} must be a date such as 2026-11-24, not {describe(node)}")


def _past(node: Node, key: str) -> date:
    day = _date(node, key)
    if day > today() + timedelta(days=1):  # a day ahead of UTC it is today elsewhere
        raise Fault(node.span, f"{key} is a day to come, {day}; write the day on which the prices were looked up")
    return day


_USAGE: Mapping[str, tuple[str, Callable[[Node, str], Any]]] = {
    "calls": ("calls_per_month", _calls),
    "output_tokens": ("", fields.whole),
    "hit_rate": ("", _share),
    "batch": ("batch_share", _share),
}
_FACTS: Mapping[str, tuple[str, Callable[[Node, str], Any]]] = {
    "provider": ("", _text),
    "context_window": ("", _positive),
    "max_output_tokens": ("", _positive),
    "cache_minimum": ("", fields.whole),
    "cache_step": ("", _positive),
    "reasons": ("", fields.flag),
    "retires": ("", _date),
    "source": ("", _text),
    "checked": ("", _past),
}
