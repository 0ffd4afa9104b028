"""Token counts of prompts and files as rows: for JSON, and as tables with a bar of where the tokens go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from promptkit.measure import By, Measurement, Part, measure
from promptkit.report.tables import BAR_WIDTH, Column, bar, number, table
from promptkit.tokens import Tokenizer, count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from promptkit.model import Rendered, Variant

Given = Literal["given", "sample", "missing"]
MANY = 3  # prompts that the line about what is not counted names


@dataclass(frozen=True, slots=True)
class Row:
    """The count of one variant, or of one plain file (`path`), for one model.

    `tokens` and what depends on it is None where an input has neither value nor sample: `missing` names these.
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
    uncounted: tuple[str, ...] = ()
    budget: int | None = None
    threshold: int | None = None
    parts: tuple[Part, ...] = ()

    @property
    def over_budget(self) -> bool:
        """Whether the prompt has more tokens than its budget."""
        return self.tokens is not None and self.budget is not None and self.tokens > self.budget

    @property
    def name(self) -> str:
        """How a message calls it."""
        return self.path or (f"{self.prompt}" if self.variant == "base" else f"{self.prompt} ({self.variant})")


def text_row(path: str, text: str, tokenizer: Tokenizer) -> Row:
    """A plain file, counted as literal text."""
    return Row(tokenizer.model, tokenizer, count(text, tokenizer.encoding), path=path)


def prompt_row(variant: Variant, rendered: Rendered, tokenizer: Tokenizer, given: Given, by: By) -> Row:
    """A rendered variant."""
    measured: Measurement = measure(rendered, tokenizer.model)
    budget = variant.settings.budget
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


def missing_row(variant: Variant, tokenizer: Tokenizer, missing: tuple[str, ...]) -> Row:
    """A variant that cannot be counted: inputs have neither a value nor a sample."""
    return Row(
        tokenizer.model,
        tokenizer,
        None,
        variant.prompt.name,
        variant.name,
        framing=tokenizer.framing.kind,
        inputs="missing",
        missing=missing,
    )


def as_data(row: Row) -> dict[str, Any]:
    """The row as `promptkit tokens --format json` has it."""
    head: dict[str, Any] = {"path": row.path} if row.path else {"prompt": row.prompt, "variant": row.variant}
    data = head | {
        "model": row.model,
        "tokenizer": row.tokenizer.encoding,
        "basis": row.tokenizer.basis,
        "framing": row.framing,
        "tokens": row.tokens,
    }
    if row.tokenizer.method is not None:
        data["method"] = row.tokenizer.method
    if row.path:
        return data
    parts = [{"name": p.name, "kind": p.kind, "source": p.source, "tokens": p.tokens} for p in row.parts]
    return data | {
        "static_tokens": row.static_tokens,
        "cacheable_prefix_tokens": row.cacheable_prefix_tokens,
        "usd_per_call": None,
        "context_share": None,
        "budget": row.budget,
        "over_budget": row.over_budget,
        "inputs": row.inputs,
        "missing": list(row.missing),
        "uncounted": list(row.uncounted),
        "parts": parts,
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
            found.append(f"{row.name}: over budget: {row.tokens:,} tokens for {row.model} (max_tokens {row.budget:,})")
    return list(dict.fromkeys(found))


def absences(rows: Sequence[Row]) -> list[str]:
    """The rows that are not counted, each with the inputs that it lacks."""
    found = []
    for row in rows:
        if row.missing:
            names = ", ".join(f"'{name}'" for name in row.missing)
            found.append(f"{row.name}: not counted: no value and no sample for {names}; pass -i NAME=VALUE")
    return list(dict.fromkeys(found))


def token_table(rows: Sequence[Row]) -> str:
    """The rows with their total, a bar each, and what the counts rest on."""
    if not rows:
        return "nothing to count"
    plain = all(row.path for row in rows)
    models = len({row.model for row in rows}) > 1
    largest = max((row.tokens or 0 for row in rows), default=0) or 1
    columns = [Column("file")] if plain else [Column("prompt"), Column("variant")]
    columns += [Column("model")] if models else []
    columns += [Column("tokens", right=True)]
    columns += [] if plain else [Column("static", right=True), Column("cacheable", right=True)]
    columns += [Column("")]
    body = []
    for row in rows:
        cells = [row.path or ""] if plain else [row.prompt or row.path or "", row.variant or ""]
        cells += [row.model] if models else []
        cells += [_counted(row)]
        cells += [] if plain else [number(row.static_tokens), number(row.cacheable_prefix_tokens)]
        body.append([*cells, _bar(row, largest)])
    return "\n".join([table(columns, body, _total(rows, columns)), *_basis(rows, plain=plain)])


def _counted(row: Row) -> str:
    return ("~" if row.tokenizer.basis == "estimate" and row.tokens is not None else "") + number(row.tokens)


def _total(rows: Sequence[Row], columns: Sequence[Column]) -> list[str] | None:
    if len(rows) < 2 or len({(row.name, row.path) for row in rows}) < len(rows):  # the same text for several models
        return None
    absent = sum(row.tokens is None for row in rows)
    note = f"{absent} not counted" if absent else ""
    sums = {"tokens": sum(row.tokens or 0 for row in rows), "static": sum(row.static_tokens or 0 for row in rows)}
    cells = [number(sums[column.name]) if column.name in sums else "" for column in columns]
    if any(row.tokenizer.basis == "estimate" for row in rows):
        cells = ["~" + cell if cell else "" for cell in cells]
    cells[0] = f"total of {len(rows) - absent}"
    cells[-1] = note
    return cells


def _bar(row: Row, largest: int) -> str:
    """Static text dark, other text and framing light, to the scale of the largest row."""
    if row.tokens is None:
        return ""
    whole = max(round(row.tokens / largest * BAR_WIDTH), 1 if row.tokens else 0)
    static = row.tokens if row.static_tokens is None else row.static_tokens
    dark = round(whole * static / row.tokens) if row.tokens else 0
    return "█" * dark + "░" * (whole - dark)


def _basis(rows: Sequence[Row], *, plain: bool) -> list[str]:
    """One line for each tokenizer: what the counts rest on."""
    found = []
    for row in rows:
        kind = row.tokenizer
        what = {
            "exact": f"exact, {kind.encoding}",
            "assumed": f"assumed {kind.encoding}: tiktoken does not name this model",
            "estimate": f"an estimate ({kind.method})",
        }[kind.basis]
        framing = "text as it is" if row.framing == "none" else f"framing {row.framing}"
        found.append(f"{row.model}: {what}; {framing}")
    lines = list(dict.fromkeys(found))
    if not plain:
        lines.append("█ static text, ░ inputs and framing")
    return ["", *lines, *_uncounted(rows)]


def _uncounted(rows: Sequence[Row]) -> list[str]:
    """One line about what is sent beside the counted text: of each kind the prompts that have it."""
    users: dict[str, dict[str, None]] = {}
    for row in rows:
        for what in row.uncounted:
            users.setdefault(what, {})[row.prompt or row.name] = None
    if len({row.name if row.prompt is None else row.prompt for row in rows}) == 1:
        return [f"not counted: {', '.join(users)}"] if users else []
    told = []
    for what, names in users.items():
        first, more = list(names)[:MANY], len(names) - MANY
        told.append(f"{what} ({', '.join(first)}{f' + {more} more' if more > 0 else ''})")
    return [f"not counted: {', '.join(told)}"] if told else []


def parts_table(row: Row, by: By) -> str:
    """The parts of one row, each with its share and a bar."""
    if row.tokens is None:
        return f"{row.name}: not counted"
    total = row.tokens or 1
    places = any(part.source and part.source != part.name for part in row.parts)
    columns = [
        Column(by),
        *([Column("source")] if places else []),
        Column("tokens", right=True),
        Column("share", right=True),
        Column(""),
    ]
    body = [
        [
            part.name,
            *([part.source or ""] if places else []),
            number(part.tokens),
            f"{part.tokens / total:.0%}",
            bar(part.tokens / total),
        ]
        for part in row.parts
    ]
    total_row = [f"{row.name}", *([""] if places else []), _counted(row), "100%", row.model]
    return table(columns, body, total_row)
