"""What a schema costs in each form: rows, their table and their data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from promptkit.blocks.forms import DEFAULT, FORMS, Untellable
from promptkit.blocks.kinds import told_schema
from promptkit.report.money import INAPPLICABLE
from promptkit.report.tables import Column, number, table
from promptkit.tokens import count

if TYPE_CHECKING:
    from collections.abc import Mapping

    from promptkit.tokens import Tokenizer


@dataclass(frozen=True, slots=True)
class Told:
    """A schema in one form. `text` is all that the block says, None where the form has no words for it: `why`."""

    form: str
    text: str | None
    tokens: int | None = None
    difference: int | None = None
    why: str | None = None


@dataclass(frozen=True, slots=True)
class Costs:
    """A schema in every form. `name` is its file, or its prompt, variant and block; `chosen` is the form in which this
    block tells it, None for a file."""

    name: str
    schema: str | None
    chosen: str | None
    tokenizer: Tokenizer
    forms: tuple[Told, ...]


def costs(
    name: str,
    path: str | None,
    schema: Mapping[str, Any],
    chosen: str | None,
    tokenizer: Tokenizer,
    *,
    structured: bool = True,
) -> Costs:
    """What the text of a format block costs in each form, its first sentence included."""
    found: list[Told] = []
    for form in FORMS:
        try:
            text = told_schema(schema, form, structured=structured)
        except Untellable as fault:
            found.append(Told(form, None, why=f"has no words for {fault}"))
            continue
        tokens = count(text, tokenizer.encoding)
        found.append(Told(form, text, tokens, tokens - (found[0].tokens or 0) if found else 0))
    return Costs(name, path, chosen, tokenizer, tuple(found))


def forms_table(of: Costs) -> str:
    """A row for each form; the one in use is marked, and one without words for the schema says for what."""
    rows = []
    for told in of.forms:
        difference = INAPPLICABLE if told.difference is None else f"{told.difference:+,}" if told.difference else "0"
        mark = "*" if told.form == of.chosen else ""
        rows.append((told.form + mark, INAPPLICABLE if told.tokens is None else number(told.tokens), difference))
    heading = f"{of.name}, by {of.tokenizer.model} ({of.tokenizer.basis})"
    shown = table([Column("form"), Column("tokens", right=True), Column(f"vs {DEFAULT}", right=True)], rows)
    remarks = [f"{told.form} {told.why}" for told in of.forms if told.why is not None]
    return "\n".join([heading, shown, *remarks])


def forms_data(of: Costs) -> dict[str, Any]:
    """The same as data for JSON."""
    return {
        "name": of.name,
        "schema": of.schema,
        "form": of.chosen,
        "model": of.tokenizer.model,
        "tokenizer": of.tokenizer.encoding,
        "basis": of.tokenizer.basis,
        "forms": [
            {"form": told.form, "tokens": told.tokens, "difference": told.difference, "error": told.why}
            for told in of.forms
        ],
    }
