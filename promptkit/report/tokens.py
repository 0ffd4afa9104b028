"""Token counts and costs of prompts and files as rows: plain data, for JSON and for every table."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from promptkit.pricing.usage import Usage
from promptkit.report.money import exact
from promptkit.tokens import Tokenizer, count

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from promptkit.caching import Caching
    from promptkit.errors import Span
    from promptkit.measure import Measurement, Part
    from promptkit.model import Variant
    from promptkit.pricing.costs import Cost
    from promptkit.pricing.facts import ModelFacts
    from promptkit.ranges import TokenRange
    from promptkit.remote import RemoteCount
    from promptkit.tokens.ways import By

Given = Literal["given", "sample", "missing"]
MANY = 3  # prompts that a line about several names


@dataclass(frozen=True, slots=True)
class Cell:
    """The cell of a matrix axis that a variant has. `as_base`: it leaves the base as it is."""

    axis: str
    name: str
    as_base: bool


@dataclass(frozen=True, slots=True)
class Row:
    """The count of one variant, or of one plain file (`path`), for one model.

    `tokens` and what depends on it is None where an input has neither value nor sample: `missing` names these, and the
    first of them stands at `missing_at`. `cells` are those of the matrix that the variant stands for. `cost` is that of
    its calls under `usage` by what `facts` say, `cost_moved` after the moves that `caching` proposes; `range` is over
    every call, `remote` the vendor's own number, `remote_error` why there is none. Each is None where it was not asked
    for.
    """

    model: str
    tokenizer: Tokenizer
    tokens: int | None
    prompt: str | None = None
    variant: str | None = None
    path: str | None = None
    framing: str = "none"
    static_tokens: int | None = None
    cacheable_prefix_tokens: int | None = None
    inputs: Given = "given"
    missing: tuple[str, ...] = ()
    missing_at: Span | None = None
    uncounted: tuple[str, ...] = ()
    budget: int | None = None
    threshold: int | None = None
    parts: tuple[Part, ...] = ()
    cells: tuple[Cell, ...] = ()
    usage: Usage | None = None
    facts: ModelFacts | None = None
    cost: Cost | None = None
    caching: Caching | None = None
    cost_moved: Cost | None = None
    range: TokenRange | None = None
    remote: RemoteCount | None = None
    remote_error: str | None = None

    @property
    def context_share(self) -> float | None:
        """The share of the model's context window that the prompt takes; None where either is unknown."""
        window = None if self.facts is None else self.facts.context_window
        return None if self.tokens is None or not window else self.tokens / window

    @property
    def over_context(self) -> bool | None:
        """Whether the prompt alone is more than the model's context window; None where either is unknown."""
        window = None if self.facts is None else self.facts.context_window
        return None if self.tokens is None or window is None else self.tokens > window

    @property
    def over_output(self) -> bool | None:
        """Whether more output is declared than the model ever gives; None where either is unknown."""
        most = None if self.facts is None else self.facts.max_output_tokens
        said = None if self.usage is None else self.usage.output_tokens
        return None if said is None or most is None else said > most

    @property
    def over_budget(self) -> bool:
        """Whether the prompt may have more tokens than its budget: an estimate, by its error, in 5 of 100."""
        return self.tokens is not None and self.budget is not None and self.tokenizer.at_most(self.tokens) > self.budget

    @property
    def name(self) -> str:
        """How a message calls it."""
        return self.path or (f"{self.prompt}" if self.variant == "base" else f"{self.prompt} ({self.variant})")


def text_row(path: str, text: str, tokenizer: Tokenizer) -> Row:
    """A plain file, counted as literal text."""
    return Row(tokenizer.model, tokenizer, count(text, tokenizer.encoding), path=path)


def prompt_row(variant: Variant, measured: Measurement, given: Given, by: By) -> Row:
    """A measured variant."""
    tokenizer, budget = measured.tokenizer, variant.settings.budget
    return Row(
        model=tokenizer.model,
        tokenizer=tokenizer,
        tokens=measured.tokens,
        prompt=variant.prompt.name,
        variant=variant.name,
        framing=measured.framing,
        static_tokens=measured.static_tokens,
        cacheable_prefix_tokens=measured.cacheable_prefix_tokens,
        inputs=given,
        uncounted=measured.uncounted,
        budget=None if budget is None else budget.limit(tokenizer.model),
        threshold=variant.prompt.library.config.thresholds.static_tokens,
        parts=measured.by(by),
    )


def priced(row: Row, usage: Usage, facts: ModelFacts) -> Row:
    """The row with what its calls cost."""
    if row.tokens is None:
        return replace(row, usage=usage, facts=facts)
    from promptkit.pricing.costs import cost  # here: few runs ask for money

    prefix = row.cacheable_prefix_tokens or 0
    moved = None if row.caching is None else cost(facts, row.tokens, row.caching.reachable, usage)
    return replace(row, usage=usage, facts=facts, cost=cost(facts, row.tokens, prefix, usage), cost_moved=moved)


def missing_row(variant: Variant, tokenizer: Tokenizer, missing: tuple[str, ...], at: Span | None = None) -> Row:
    """A variant that cannot be counted: inputs have neither a value nor a sample. The first stands at `at`."""
    return Row(
        tokenizer.model,
        tokenizer,
        None,
        variant.prompt.name,
        variant.name,
        framing=tokenizer.framing.kind,
        inputs="missing",
        missing=missing,
        missing_at=at,
    )


def as_data(row: Row) -> dict[str, Any]:
    """The row as `promptkit tokens --format json` has it."""
    head: dict[str, Any] = {"path": row.path} if row.path else {"prompt": row.prompt, "variant": row.variant}
    data: dict[str, Any] = head | {
        "model": row.model,
        "tokenizer": row.tokenizer.encoding,
        "basis": row.tokenizer.basis,
        "framing": row.framing,
        "tokens": row.tokens,
    }
    if row.tokenizer.method is not None:
        data["method"] = row.tokenizer.method
        data["at_most"] = None if row.tokens is None else row.tokenizer.at_most(row.tokens)
    if row.path:
        return data
    data |= {
        "static_tokens": row.static_tokens,
        "cacheable_prefix_tokens": row.cacheable_prefix_tokens,
        **_money(row),
        "budget": row.budget,
        "over_budget": row.over_budget,
        "inputs": row.inputs,
        "missing": list(row.missing),
        "uncounted": list(row.uncounted),
        "parts": [{"name": p.name, "kind": p.kind, "source": p.source, "tokens": p.tokens} for p in row.parts],
    }
    if row.caching is not None:
        data["caching"] = _caching(row, row.caching)
    if row.range is not None:
        data["range"] = _range(row.range)
    if row.remote is not None or row.remote_error is not None:
        data["remote"] = None if row.remote is None else asdict(row.remote)
        data["remote_error"] = row.remote_error
    return data


def _money(row: Row) -> dict[str, Any]:
    """Amounts as text, None where they are unknown: `cost_unknown` says why."""
    from promptkit.pricing.costs import NO_COST  # here, as below: plain files have none

    known, used, facts = row.cost or NO_COST, row.usage or Usage(), row.facts
    share = row.context_share
    return {
        "usd_per_call": exact(known.per_call),
        "usd_per_1000": exact(known.per_1000),
        "usd_per_month": exact(known.per_month),
        "cost_unknown": list(known.unknown),
        "cost_with_output": known.with_output,
        "cached_tokens": None if row.cost is None else known.cached_tokens,
        "usage": {
            "calls_per_month": exact(used.calls_per_month),
            "output_tokens": used.output_tokens,
            "hit_rate": exact(used.hit_rate),
            "batch": exact(used.batch_share),
        },
        "context_share": None if share is None else round(share, 6),
        "over_context": row.over_context,
        "over_output": row.over_output,
        "retires": str(facts.retires) if facts and facts.retires else None,
        "prices_source": facts.source if facts else None,
        "prices_checked": str(facts.checked) if facts and facts.checked else None,
        "prices_stale": facts.stale if facts and facts.checked else None,
    }


def _caching(row: Row, caching: Caching) -> dict[str, Any]:
    from promptkit.pricing.costs import NO_COST

    end = caching.end
    moved = row.cost_moved or NO_COST
    return {
        "prefix_tokens": caching.prefix,
        "breaking_tokens": caching.breaking,
        "lost_tokens": caching.lost,
        "rest_tokens": caching.rest,
        "ends_at": end
        and {
            "kind": end.kind,
            "inputs": list(end.inputs),
            "block": end.block,
            "source": str(end.span),
            "message": end.message or None,
        },
        "moves": [
            {
                "what": move.what,
                "inputs": list(move.inputs),
                "after": move.after,
                "message": move.message or None,
                "role": move.role or None,
                "gain_tokens": move.gain,
            }
            for move in caching.moves
        ],
        "reachable_tokens": caching.reachable,
        "usd_per_1000_after_moves": exact(moved.per_1000),
        "usd_per_month_after_moves": exact(moved.per_month),
    }


def _range(found: TokenRange) -> dict[str, Any]:
    """`most` is null where an input has no bound; `unbounded` says which and what it lacks."""
    return {
        "least": found.least,
        "most": found.most,
        "slack": found.slack,
        "unbounded": [{"input": reason.name, "reason": reason.why} for reason in found.reasons],
        "uncounted": list(found.uncounted),
    }


def remarks(rows: Sequence[Row]) -> list[str]:
    """What a person should know about the rows that are counted: long static prompts, budgets passed."""
    found = []
    for row in rows:
        if row.static_tokens is not None and row.threshold is not None and row.static_tokens >= row.threshold:
            found.append(
                f"{row.name}: long static prompt: {row.static_tokens:,} tokens (threshold {row.threshold:,}); "
                "fine-tuning may be worth considering"
            )
        if row.over_budget:
            assert row.tokens is not None
            most = row.tokenizer.at_most(row.tokens)
            mark = "~" if row.tokenizer.basis == "estimate" else ""
            counted = f"{mark}{row.tokens:,}" + ("" if most == row.tokens else f", up to {most:,}")
            found.append(f"{row.name}: over budget: {counted} tokens for {row.model} (max_tokens {row.budget:,})")
    return list(dict.fromkeys(found))


def absences(rows: Sequence[Row]) -> list[str]:
    """The rows that are not counted, each with the inputs that it lacks."""
    found = []
    for row in rows:
        if row.missing:
            names = ", ".join(f"'{name}'" for name in row.missing)
            place = f"{row.missing_at}: " if row.missing_at else ""
            found.append(f"{place}{row.name}: not counted: no value and no sample for {names}; pass -i NAME=VALUE")
    return list(dict.fromkeys(found))


def refusals(rows: Sequence[Row]) -> list[str]:
    """Why vendors gave no number of their own."""
    return list(dict.fromkeys(row.remote_error for row in rows if row.remote_error is not None))


def uncounted(rows: Sequence[Row]) -> list[str]:
    """One line about what is sent beside the counted text: of each kind the prompts that have it."""
    found = users_of([(row.prompt or row.name, row.uncounted) for row in rows])
    return [f"not counted: {found}"] if found else []


def users_of(having: Iterable[tuple[str, Iterable[str]]]) -> str:
    """The things that prompts have, each with the prompts that have it; without these where there is one prompt."""
    users: dict[str, dict[str, None]] = {}
    prompts = set()
    for prompt, things in having:
        prompts.add(prompt)
        for what in things:
            users.setdefault(what, {})[prompt] = None
    if len(prompts) == 1:
        return ", ".join(users)
    told = []
    for what, names in users.items():
        told.append(f"{what} ({first_of(names)})")
    return ", ".join(told)


def first_of(names: Iterable[str]) -> str:
    """The first names, and how many more there are."""
    found = list(names)
    more = len(found) - MANY
    return ", ".join(found[:MANY]) + (f" + {more} more" if more > 0 else "")
