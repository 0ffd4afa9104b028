"""What of each prompt a provider's cache can keep: a picture, what ends it, what moving would gain."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from promptkit.pricing.costs import cached_tokens
from promptkit.report.costs import mark_of, notes_of, tokens_of
from promptkit.report.money import UNKNOWN, usd
from promptkit.report.tables import Column, Grid, number

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from promptkit.caching import Break, Move, Shared
    from promptkit.report.tables import Form
    from promptkit.report.tokens import Row

WIDTH = 24  # columns of a bar
NAMED = 3  # variants that a line names
MOVES = 5  # moves that are told; JSON has all
SHOWN = 8  # shared prefixes that are told
LEGEND = "█ cacheable  ▒ what ends it  ▓ static text lost behind it  ░ inputs and framing"
_ENDS = {
    "value": "ends at {inputs} in '{block}' ({place})",
    "condition": "ends at '{block}' ({place}), which changes with {names}",
    "media": "ends at {inputs} in '{block}' ({place}), which is no text",
    "turn": "ends at the turns of '{block}' ({place}), which come from {names}",
    "call": "ends at a tool call in '{block}' ({place})",
    "tools": "there is none: the tools are sent first, and '{block}' ({place}) changes with {names}",
}


def caching_report(rows: Sequence[Row], shared: Sequence[Shared], form: Form) -> str:
    """One prompt's variants for one model: how much of each can be cached, and how that could be more."""
    groups: dict[Any, list[Row]] = {}
    for row in rows:
        if row.caching is not None:
            steps = tuple((move.what, move.inputs) for move in row.caching.moves)
            end = row.caching.end and replace(row.caching.end, message=0)
            groups.setdefault((end, steps), []).append(row)
    lines = [line for group in groups.values() for line in _told(group, len(rows))]
    lines += [_shared(each, len(rows), _mark(rows)) for each in shared[:SHOWN]]
    if len(shared) > SHOWN:
        lines.append(f"... and {len(shared) - SHOWN} more prefixes, of fewer variants")
    lines += [f"{row.name}: not counted" for row in rows if row.tokens is None]
    if form == "md":
        lines = [line.replace("  ", "  - ", 1) if line.startswith("  ") else f"- {line}" for line in lines]
    else:
        lines.insert(0, LEGEND)
    return "\n".join([_grid(rows).written(form), "", *lines])


def caching_notes(rows: Sequence[Row]) -> list[str]:
    """What the figures rest on, for each model: from how many tokens on it caches, and its prices."""
    lines = []
    for row in {row.model: row for row in reversed(rows)}.values():
        facts = row.facts
        if facts is None or facts.cache_minimum is None or facts.cache_step is None:
            lines.append(f"{row.model}: from how many tokens on a prefix is cached is unknown")
        else:
            step = f", in steps of {facts.cache_step:,}" if facts.cache_step > 1 else ""
            lines.append(f"{row.model}: prefixes are cached from {facts.cache_minimum:,} tokens on{step}")
    lines.reverse()
    money = _in_money(rows)
    if not money and any(row.usage is not None and row.usage.output_tokens is not None for row in rows):
        lines.append("no costs here: without a hit rate a cache saves nothing; pass --hit-rate")
    return [*lines, *notes_of(rows, money=money)]


def _grid(rows: Sequence[Row]) -> Grid:
    money = _in_money(rows)
    largest = max((row.tokens or 0 for row in rows), default=0) or 1
    head = f"{rows[0].prompt} for {rows[0].model}"
    columns = [Column(head), *(Column(name, right=True) for name in ("tokens", "cacheable", "cached", "lost"))]
    moves = money and any(row.caching is not None and row.caching.moves for row in rows)
    columns += [Column("$ / 1,000", right=True)] if money else []
    columns += [Column("moved", right=True)] if moves else []
    columns += [Column("")]
    body = []
    for row in rows:
        lost = None if row.caching is None else row.caching.lost
        counts = (number(row.cacheable_prefix_tokens), _cached(row), number(lost))
        costs = [*([row.cost] if money else []), *([row.cost_moved] if moves else [])]
        figures = [*counts, *(UNKNOWN if each is None else usd(each.per_1000) for each in costs)]
        cells = [str(row.variant), tokens_of(row), *(_marked(each, row) for each in figures)]
        body.append((*cells, _bar(row, largest)))
    return Grid(tuple(columns), tuple(body))


def _marked(figure: str, row: Row) -> str:
    """A figure, marked where it rests on an estimate; what is unknown or not counted is left as it is."""
    return figure if figure in (UNKNOWN, number(None)) else mark_of(row) + figure


def _mark(rows: Sequence[Row]) -> str:
    """What stands before a figure of all of these."""
    return max(map(mark_of, rows))


def _in_money(rows: Sequence[Row]) -> bool:
    """Whether a hit rate is declared, without which a cache saves nothing."""
    return any(row.cost is not None and row.usage is not None and row.usage.hit_rate is not None for row in rows)


def _cached(row: Row) -> str:
    """How much of the prefix the provider caches, by the model's minimum and step."""
    if row.facts is None or row.cacheable_prefix_tokens is None:
        return UNKNOWN
    found = cached_tokens(row.facts, row.cacheable_prefix_tokens)
    return UNKNOWN if found is None else number(found)


def _bar(row: Row, largest: int) -> str:
    """The parts of a prompt by whether they can be cached, to the scale of the largest."""
    if row.caching is None or not row.tokens:
        return ""
    each = row.caching
    whole = max(round(row.tokens / largest * WIDTH), 1)
    text, done = "", 0
    for mark, tokens in zip("█▒▓░", (each.prefix, each.breaking, each.lost, each.rest), strict=True):
        done += tokens
        text += mark * (round(done / row.tokens * whole) - len(text))
    return text


def _told(rows: Sequence[Row], of: int) -> list[str]:
    """What ends the prefix of these variants alike, and the moves that they have in common."""
    names = _listed([str(row.variant) for row in rows], of)
    found = [row.caching for row in rows if row.caching is not None]
    end = found[0].end
    if end is None:
        return [f"{names}: the whole prompt is the same in every call"]
    mark = _mark(rows)
    lost = _range([each.lost for each in found])
    stand = "static token stands" if lost == "1" else "static tokens stand"
    behind = f"; {mark}{lost} {stand} behind it" if any(each.lost for each in found) else ""
    steps = list(zip(*(each.moves for each in found), strict=True))
    lines = [f"{names}: {_end(end)}{behind}", *(f"  {_move(moves, mark)}" for moves in steps[:MOVES])]
    if len(steps) > MOVES:
        rest = _range([sum(move.gain for move in each.moves[MOVES:]) for each in found])
        lines.append(f"  and {len(steps) - MOVES} more moves: {mark}+{rest} cacheable tokens")
    return lines


def _end(end: Break) -> str:
    names = ", ".join(f"'{name}'" for name in end.inputs) or "the records"
    inputs = ", ".join(f"{{{{ {name} }}}}" for name in end.inputs) or "what varies"
    return _ENDS[end.kind].format(inputs=inputs, names=names, block=end.block, place=end.span)


def _move(moves: Sequence[Move], mark: str) -> str:
    """One move, of several variants."""
    move = moves[0]
    gain = f"{mark}+{_range([each.gain for each in moves])} cacheable tokens"
    names = ", ".join(f"'{name}'" for name in move.inputs)
    if not move.message:
        return f"offer {move.what} in every call, whatever {names}: {gain}"
    varies = "vary" if move.what.startswith(("blocks", "lines", "the parts")) else "varies"
    where = f"message {move.message}" if len({each.message for each in moves}) == 1 else "the message"
    after = f", after '{move.after}'" if move.after and len({each.after for each in moves}) == 1 else ""
    return f"move {move.what}, which {varies} with {names}, to the end of {where} ({move.role}){after}: {gain}"


def _range(values: Sequence[int]) -> str:
    least, most = min(values), max(values)
    return f"{least:,}" if least == most else f"{least:,} to {most:,}"


def _shared(each: Shared, of: int, mark: str) -> str:
    whole = f", {each.messages} whole message{'s' if each.messages > 1 else ''}" if each.messages else ""
    return f"shared by {_listed(each.variants, of)}: {mark}{each.tokens:,} tokens{whole}"


def _listed(names: Iterable[str], of: int) -> str:
    """Variants by name; all of them, and many, by their number."""
    names = list(names)
    if len(names) == of and of > 1:
        return f"all {of}"
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" + {more} more" if more > 0 else "")


def shared_data(prompt: str, model: str, shared: Iterable[Shared]) -> dict[str, Any]:
    """What variants share, as `promptkit tokens --cache --format json` has it."""
    prefixes = [{"tokens": one.tokens, "messages": one.messages, "variants": list(one.variants)} for one in shared]
    return {"prompt": prompt, "model": model, "prefixes": prefixes}
