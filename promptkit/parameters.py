"""The parameters of blocks: texts that are known before any call, and what they name in the library."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from promptkit.blocks.forms import FORMS
from promptkit.blocks.kinds import SELECTS
from promptkit.content import Content, Format, Items, Select, Text, Tools
from promptkit.errors import BrokenFileError, ComposeError, PromptkitError, did_you_mean
from promptkit.template.plain import is_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from promptkit.messages import Tool
    from promptkit.model import Block, Library

_ALONE = re.compile(r"\s*\{\{((?:(?!\{\{|\}\}).)*)\}\}\s*", re.DOTALL)


def resolved_items(items: Items, library: Library, known: Mapping[str, Any]) -> dict[str, Any]:
    """What differs from the items as written: the values of their parameters, and the data in the place of its path."""
    changes: dict[str, Any] = {}
    for key in ("take", "max_tokens", "item_max_tokens"):
        value = getattr(items, key)
        if isinstance(value, Text):
            number = parameter(value, library, known)
            if type(number) is not int or number < 0:
                raise ComposeError(f"{key} must be a whole number, 0 or more, not {number!r}", value.first)
            changes[key] = number
    if items.select.by != "first":
        changes["select"] = _resolve_select(items.select, library, known)
    if isinstance(items.source, Text):
        path = _path(items.source, library, known, library.records, "example file")
        changes["source"] = library.records[path]
    return changes


def resolved_tools(tools: Tools, block: Block, library: Library, known: Mapping[str, Any]) -> Tools:
    """The tools with those of files in the place of their paths."""
    found: list[Tool] = []
    for entry in tools.entries:
        if isinstance(entry, Text):
            found += library.tools[_path(entry, library, known, library.tools, "tool file")]
        else:
            found.append(entry)
    return Tools(tuple(replace(tool, block=block.name) for tool in found))


def resolved_format(content: Format, library: Library, known: Mapping[str, Any]) -> dict[str, Any]:
    """What differs from the format as written: its form, and the schema in the place of its path."""
    changes: dict[str, Any] = {}
    if isinstance(content.form, Text):
        form = parameter(content.form, library, known)
        if not isinstance(form, str) or form not in FORMS:
            raise ComposeError(f"unknown form of a schema '{form}'{did_you_mean(str(form), FORMS)}", content.form.first)
        changes["form"] = form
    if isinstance(content.schema, Text):
        path = _path(content.schema, library, known, library.schemas, "schema")
        changes |= {"schema_path": path, "schema": library.schemas[path]}
    return changes


def _resolve_select(select: Select, library: Library, known: Mapping[str, Any]) -> Select:
    """The selector with its expressions evaluated, and without the settings that it does not take."""
    by, seed = select.by, select.seed
    if isinstance(by, Text):
        by = parameter(by, library, known)
        if by not in SELECTS:
            raise ComposeError(f"no selector {by!r}{did_you_mean(str(by), SELECTS)}", select.by.first)  # type: ignore[union-attr]
    if isinstance(seed, Text):
        seed = parameter(seed, library, known)
        if type(seed) is not int or seed < 0:
            raise ComposeError(f"seed must be a whole number, 0 or more, not {seed!r}", select.seed.first)  # type: ignore[union-attr]
    taken = {key: getattr(select, key) for key in SELECTS[by] if key != "seed"}
    return Select(by, seed if "seed" in SELECTS[by] else 0, span=select.span, **taken)


def _path(text: Text, library: Library, known: Mapping[str, Any], files: Mapping[str, Any], what: str) -> str:
    path = text.source if text.literal else parameter(text, library, known)
    if path in library.broken:
        raise BrokenFileError(f"'{path}' has problems of its own; mend them first", text.first)
    if path not in files:
        raise ComposeError(f"no {what} '{path}'{did_you_mean(str(path), files)}", text.first)
    return str(path)


def alone(text: Text) -> Text | None:
    """The expression of a text that is exactly one `{{ expression }}`, None for any other text."""
    match = _ALONE.fullmatch(text.source)
    return None if match is None else replace(text, source=match[1].strip())


def _bare(text: Text) -> str | None:
    """The name of a text that is exactly one `{{ name }}`, None for any other text."""
    match = _ALONE.fullmatch(text.source)
    name = "" if match is None else match[1].strip()
    return name if is_name(name) else None


def parameter(text: Text, library: Library, known: Mapping[str, Any]) -> Any:
    """The value of a block's parameter: an expression that stands alone keeps its type, any other text is rendered."""
    name = _bare(text)
    if name is not None and name in known:
        return known[name]
    expression = alone(text)
    try:
        if library.engine.still:
            return _still(text, expression, library, known)
        if expression is None:
            return str(library.engine.template(text).render(known))
        return library.engine.expression(expression).evaluate(known)
    except PromptkitError as error:
        raise ComposeError(
            f"{error.message}; a parameter may use inputs that are set or have a default", error.span or text.first
        ) from error


def _still(text: Text, expression: Text | None, library: Library, known: Mapping[str, Any]) -> Any:
    """As `parameter`, by parsing alone."""
    from promptkit.template.constants import evaluated, printed  # here: only lint runs nothing

    if expression is None:
        return printed(library.engine.template(text), known)
    return evaluated(library.engine.expression(expression), known)


def parameters(content: Content) -> Sequence[Text]:
    """The texts that decide what a block holds: paths, limits, choices, each a template."""
    if type(content) is Text:  # most are
        return ()
    if isinstance(content, Items):
        values: list[Any] = [content.take, content.max_tokens, content.item_max_tokens, content.source]
        values += [content.select.by, content.select.seed]
    elif isinstance(content, Format):
        values = [content.schema, content.form]
    elif isinstance(content, Tools):
        values = list(content.entries)
    else:
        return ()
    return [value for value in values if isinstance(value, Text) and not value.literal]


def looked_up(content: Content, library: Library) -> frozenset[str]:
    """The inputs that the parameters of a block look at."""
    names: list[str] = []
    for text in parameters(content):
        name = _bare(text)
        names += [use.name for use in library.engine.template(text).needs.uses] if name is None else [name]
    return frozenset(names)
