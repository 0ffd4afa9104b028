"""promptkit's own blocks, `std/...`: what each costs, for JSON, as a table, and one of them whole."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from promptkit.blocks.kinds import KINDS
from promptkit.content import MISSING, Input
from promptkit.errors import UnknownNameError
from promptkit.inputs import printed
from promptkit.model import BlockFile, Prompt
from promptkit.read import find_std, read, std_names
from promptkit.render import program, samples
from promptkit.report.tables import Column, number, table, wrapped
from promptkit.tokens import count
from promptkit.trees import Texts

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from promptkit.model import Library, Variant

ENCODING: Final = "o200k_base"
WIDE = 100  # columns of a page that goes to no terminal


@dataclass(frozen=True, slots=True)
class Standard:
    """A standard block: its file, the inputs that a prompt of this block alone takes, what it then says.

    `text` is rendered with the inputs' samples, else their defaults; `tokens` are those of `text` in o200k_base.
    """

    file: BlockFile
    inputs: tuple[Input, ...]
    required: frozenset[str]
    text: str
    tokens: int

    @property
    def name(self) -> str:
        """Its name, which begins with std/."""
        return self.file.name

    @property
    def conflicts(self) -> tuple[str, ...]:
        """The names of the blocks that it contradicts."""
        return tuple(name for name, _ in self.file.conflicts)


def standard(name: str) -> Standard:
    """The standard block of that name, with or without std/ in front. Raises UnknownNameError."""
    file = find_std(name if name.startswith("std/") else f"std/{name}")
    variant: Variant = Prompt(file.name, [{"use": file.name}], library=_empty())["base"]
    plan = program(variant)
    text = "\n\n".join(message.content for message in variant.render(samples(variant)).messages)
    return Standard(file, tuple(plan.accepted.values()), plan.required, text, count(text, ENCODING))


@cache
def _empty() -> Library:
    return read(Texts({}, "std"))[0]


def standards(kind: str | None = None) -> list[Standard]:
    """All standard blocks, or those of one kind: in the order of the kinds, and of their names.

    Raises UnknownNameError for a kind that has none.
    """
    order = list(KINDS)
    names = std_names()
    found = [standard(name) for name in names if kind is None or name.startswith(f"std/{kind}/")]
    if not found:
        known = ", ".join(sorted({name.split("/")[1] for name in names}, key=order.index))
        raise UnknownNameError(f"no standard block is of kind '{kind}'; there are some of {known}")
    return sorted(found, key=lambda each: (order.index(each.file.kind), each.name))


def as_data(block: Standard) -> dict[str, Any]:
    """The block as `promptkit list --std --format json` has it. `source` is its template, `text` what it renders to."""
    return {
        "block": block.name,
        "kind": block.file.kind,
        "role": KINDS[block.file.kind].role,
        "description": block.file.description,
        "tokens": block.tokens,
        "tokenizer": ENCODING,
        "inputs": [_input_data(each, block) for each in block.inputs],
        "sources": list(block.file.sources),
        "conflicts": list(block.conflicts),
        "source": block.file.text.source,
        "text": block.text,
    }


def _input_data(each: Input, block: Standard) -> dict[str, Any]:
    data = {
        "name": each.name,
        "type": list(each.types),
        "required": each.name in block.required,
        "trust": each.trust,
        "description": each.description,
    }
    given = {"default": each.default, "sample": each.sample}
    return data | {key: value for key, value in given.items() if value is not MISSING}


def standard_table(found: Sequence[Standard], fit: int | None) -> str:
    """The blocks with their cost, as wide as the terminal (None: each line whole)."""
    columns = [Column("block"), Column("tokens", right=True), Column("description")]
    rows = [[each.name, number(each.tokens), each.file.description] for each in found]
    note = f"{len(found)} blocks; tokens in {ENCODING}, with each input's sample or default"
    return f"{table(columns, rows, fit=fit)}\n\n{note}"


def standard_page(block: Standard, fit: int | None) -> str:
    """One block whole: what it says, its inputs, where it comes from, what it contradicts, and how to use it."""
    size = fit or WIDE
    head = f"{block.name}: {block.tokens:,} tokens ({ENCODING}), {block.file.kind}, to the {_place(block)}"
    lines = [*wrapped(head, size), *wrapped(block.file.description, size), "", *_indented(block.text.split("\n"))]
    if block.inputs:
        rows = [[each.name + "*" * (each.name in block.required), *input_cells(each)] for each in block.inputs]
        shape = [Column("input"), Column("type"), Column("default"), Column("description")]
        lines += ["", table(shape, rows, fit=fit)]
    for title, entries in (("sources", block.file.sources), ("contradicts", block.conflicts)):
        if entries:
            lines += ["", title, *_indented(entries)]
    return "\n".join([*lines, "", "use", *_indented(usage(block))])


def _place(block: Standard) -> str:
    role = KINDS[block.file.kind].role
    return "system message" if role == "system" else f"{role} turn"


def _indented(lines: Iterable[str]) -> list[str]:
    return [f"  {line}".rstrip() for line in lines]


def input_cells(each: Input) -> list[str]:
    """Its types, its default and what it is."""
    default = "" if each.default is MISSING else printed(each.default)
    return [" or ".join(each.types), default, each.description]


def usage(block: Standard) -> list[str]:
    """The lines of a prompt file that use it, with a sample for each input that it cannot do without."""
    lines = [f"- use: {block.name}"]
    needed = [each for each in block.inputs if each.name in block.required and each.trust != "untrusted"]
    if needed:
        given = ", ".join(f"{each.name}: {_flow(each.sample)}" for each in needed)
        lines.append(f"  with: {{{given}}}")
    return lines


def _flow(value: Any) -> str:
    import json  # here: only a block with inputs needs it

    return json.dumps(value, ensure_ascii=False, default=str)
