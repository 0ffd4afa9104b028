"""Block entries and overlays: what stands under `blocks`, `replace`, `add`, `variants` and `matrix`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from promptkit.blocks.forms import DEFAULT, FORMS
from promptkit.blocks.kinds import ITEM_KINDS, KINDS
from promptkit.content import Content, Format, Items, Negative, Records, Text
from promptkit.errors import ModelError, Span, did_you_mean
from promptkit.model import Addition, Axis, Block, BlockFile, Budget, Overlay
from promptkit.read import fields, keys
from promptkit.read.data import check_schema, record
from promptkit.read.nodes import (
    Fault,
    Map,
    Node,
    Problems,
    Scalar,
    Seq,
    Table,
    describe,
    plain_data,
    scalar,
    template_text,
)
from promptkit.read.select import select
from promptkit.read.tools import attachment, tools

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

CONTENT_KEYS = ("use", *KINDS)
_CONTENT = frozenset(CONTENT_KEYS)
_KNOWN = frozenset({*CONTENT_KEYS, *keys.BLOCK})


@dataclass(frozen=True, slots=True)
class Context:
    """What reading a prompt needs from the library: its blocks, and where problems go."""

    find_block: Callable[[str, Span], BlockFile]
    problems: Problems


def blocks(node: Node, context: Context) -> tuple[Block, ...]:
    """The blocks of a list of entries."""
    return context.problems.each(block, fields.sequence(node, "blocks"), context)


def block(node: Node, context: Context, extra: tuple[str, ...] = (), rename: str | None = None) -> Block | None:
    """One entry: exactly one content key, and a closed set of others. None where its only key is an unknown kind."""
    entry = fields.mapping(node, "a block")
    entries = entry.entries
    if len(entries) == 2 and "role" in entries and "content" in entries:
        role = fields.string(entries["role"], "role")
        kind = role if role in keys.ROLES else "user"
        raise Fault(
            entry.keys["content"], f"a block is its kind and its text; write {kind}: TEXT, not role and content"
        )
    noted = len(context.problems.found)
    found = [key for key in entries if key in _CONTENT]
    if len(entries) > len(found):
        _refuse_unknown(entry, extra, context.problems)
    group = "blocks" in entries
    if len(found) > 1:
        raise Fault(entry.keys[found[1]], f"a block has one content key; this has '{found[0]}' and '{found[1]}'")
    if not found and not group:
        if len(context.problems.found) > noted:
            return None  # an unknown kind was noted, and says all there is to say
        raise Fault(entry.span, f"a block needs a content key: use, or a kind ({', '.join(KINDS)})")
    key = found[0] if found else None
    if key == "tools":
        _refuse_beside_tools(entry)
    kind, content, use, file = _content(entry, key, group, context)

    given: dict[str, Any] = {}
    if len(entries) > len(found):
        given = context.problems.fields(entries, _BLOCK)
        if group:
            given["children"] = context.problems.catch(blocks, entries["blocks"], context) or ()
    own = context.problems.catch(fields.name, entries["name"], "name") if "name" in entries and not rename else None
    name = rename or own or (use.rsplit("/", 1)[-1] if use else key or "group")
    named = rename is not None or "name" in entries
    if file is not None:
        given["inputs"] = file.inputs
        given["conflicts"] = tuple([name for name, _ in file.conflicts])
    return Block(name, kind, content, entry.span, group=group, use=use, named=named, **given)


def _refuse_beside_tools(entry: Map) -> None:
    for key in ("to", "join", "blocks"):
        if key in entry.entries:
            raise Fault(entry.keys[key], f"'tools' is no text of a message; remove {key}")


def _refuse_unknown(entry: Map, extra: tuple[str, ...], problems: Problems) -> None:
    for key in entry.entries:
        if key in _KNOWN or key in extra:
            continue
        if key in keys.ANCHOR:
            message = f"'{key}' belongs to an entry of add; order the blocks by their place in the list"
        elif not key.startswith("x-"):
            what = "block kind" if _CONTENT.isdisjoint(entry.entries) else "key of a block"
            message = f"unknown {what} '{key}'{did_you_mean(key, {*_KNOWN, *extra})}"
        else:
            continue
        problems.add(entry.keys[key], message)


def _content(entry: Map, key: str | None, group: bool, context: Context) -> Any:  # noqa: FBT001 (private)
    if key is None:
        return "text", None, None, None
    node = entry.entries[key]
    if key == "use":
        use = fields.name(node, "use")
        file = context.find_block(use, node.span)
        return file.kind, file.content, use, file
    if isinstance(node, Scalar) and scalar(node) is None:
        if group:
            return key, None, None, None
        raise Fault(node.span, f"'{key}' has no text; write one, or remove the block")
    return key, _kind_content(key, node, context.problems), None, None


def _kind_content(kind: str, node: Node, problems: Problems) -> Content:
    takes = KINDS[kind].takes
    if takes == "negative" and isinstance(node, Seq):
        return _negative(node)
    if takes == "format" and isinstance(node, Map):
        return _format(node, problems)
    if takes == "tools":
        return tools(node, problems)
    if takes == "media":
        return attachment(node, problems)
    if takes in ITEM_KINDS and not isinstance(node, Scalar):
        return _items(kind, node, problems)
    if not isinstance(node, Scalar):
        raise Fault(node.span, f"'{kind}' takes text, not {describe(node)}")
    if kind in {"examples", "history"}:
        form = "a list of records, or from: FILE" if kind == "examples" else "input: NAME"
        raise Fault(node.span, f"'{kind}' takes {form}, not text; for text use a kind such as context")
    return fields.template(node, f"'{kind}'")


def _negative(node: Seq) -> Negative:
    def entry(item: Node) -> tuple[Text, Text | None]:
        if isinstance(item, Scalar):
            return fields.template(item, "what not to do"), None
        entries = fields.mapping(item, "an entry of negative").entries
        for key in entries:
            if key not in keys.AVOID:
                raise Fault(item.keys[key], f"unknown key '{key}' of negative{did_you_mean(key, keys.AVOID)}")  # type: ignore[union-attr]
        if "avoid" not in entries:
            raise Fault(item.span, "an entry of negative needs avoid: what not to do")
        instead = entries.get("instead")
        avoid = fields.template(entries["avoid"], "avoid")
        return avoid, None if instead is None else fields.template(instead, "instead")

    if not node.value:
        raise Fault(node.span, "negative is empty; name what not to do, or remove the block")
    return Negative(tuple(map(entry, node.value)))


def _format(node: Map, problems: Problems) -> Format:
    fields.refuse_unknown(node, keys.FORMAT, "key of format", problems)
    entries = node.entries
    ways = [key for key in ("schema", "choices", "sections", "list") if key in entries]
    if len(ways) != 1:
        raise Fault(node.span, "format takes exactly one of schema, choices, sections, list; or a text")
    for key in keys.OF_SCHEMA:
        if key in entries and ways != ["schema"]:
            raise Fault(node.keys[key], f"{key} belongs to a schema")
    if ways == ["schema"]:
        return _schema_format(entries["schema"], entries.get("structured"), entries.get("form"))
    value = entries[ways[0]]
    if ways == ["list"]:
        return Format(list=fields.one_of(value, "list style", keys.LISTS))
    texts = tuple(fields.string(item, ways[0]) for item in fields.sequence(value, ways[0]))
    if not texts:
        raise Fault(value.span, f"{ways[0]} is empty")
    return Format(choices=texts) if ways == ["choices"] else Format(sections=texts)


def _schema_format(node: Node, structured: Node | None, form: Node | None) -> Format:
    told = DEFAULT if form is None else _form(form)
    enforce = True if structured is None else fields.flag(structured, "structured")
    if isinstance(node, Map):
        schema = plain_data(node)
        check_schema(schema, node.span)
        return Format(schema=schema, structured=enforce, form=told)
    path = fields.name(node, "schema")
    if "{{" in path:
        return Format(schema=fields.template(node, "schema"), structured=enforce, form=told)
    return Format(schema=Text(path, path, node.span, literal=True), schema_path=path, structured=enforce, form=told)


def _form(node: Node) -> str | Text:
    if isinstance(node, Scalar) and "{{" in node.value:
        return template_text(node)
    return fields.one_of(node, "form of a schema", FORMS)


def _items(kind: str, node: Node, problems: Problems) -> Items:
    if isinstance(node, Seq):
        if kind != "examples":
            raise Fault(node.span, f"'{kind}' takes a mapping with input, not a list")
        return Items(Records(None, problems.each(record, node.value, problems)))
    entries = fields.mapping(node, f"'{kind}'").entries
    allowed = KINDS[kind].keys
    fields.refuse_unknown(node, allowed, f"key of {kind}", problems)  # type: ignore[arg-type]
    options = problems.fields(entries, _ITEMS[kind])
    if "select" in entries and "select" in allowed:
        chosen = problems.catch(select, entries["select"], "select", problems)
        if chosen is not None:
            options["select"] = chosen
    return Items(_source(kind, node, problems), **options)


_OPTIONS: Table = {
    "take": ("take", fields.whole_or_expression, ("take",)),
    "max_tokens": ("max_tokens", fields.whole_or_expression, ("max_tokens",)),
    "item_max_tokens": ("item_max_tokens", fields.whole_or_expression, ("item_max_tokens",)),
    "text": ("text", fields.template, ("text",)),
    "answer": ("answer", fields.template, ("answer",)),
}
_ITEMS = {kind: {key: row for key, row in _OPTIONS.items() if key in KINDS[kind].keys} for kind in ITEM_KINDS}


def _source(kind: str, node: Node, problems: Problems) -> Records | Text | str:
    entries = fields.mapping(node, f"'{kind}'").entries
    ways = [key for key in ("from", "records", "input") if key in entries and key in KINDS[kind].keys]
    wanted = "from or records" if kind == "examples" else "input"
    if len(ways) != 1:
        raise Fault(node.span, f"'{kind}' takes {wanted}{', and only one' if ways else ''}")
    value = entries[ways[0]]
    if ways == ["input"]:
        return fields.name(value, "input")
    if ways == ["records"]:
        return Records(None, problems.each(record, fields.sequence(value, "records"), problems))
    path = fields.name(value, "from")
    return template_text(value) if "{{" in path else Text(path, path, value.span, literal=True)  # type: ignore[arg-type]


def _bindings(node: Node) -> tuple[tuple[str, Any], ...]:
    entries = fields.mapping(node, "with")
    for key in entries.entries:
        if not key.isidentifier():
            raise Fault(entries.keys[key], f"'{key}' cannot be an input's name; use letters, digits and underscores")
    return tuple((key, fields.value_or_template(value)) for key, value in entries.entries.items())


def _expression(node: Node) -> Text:
    text = fields.template(node, "when")
    if "{{" in text.source or "{%" in text.source:
        raise Fault(node.span, "when is a bare expression; remove the braces")
    if not text.source.strip():
        raise Fault(node.span, "when is empty; write an expression, or remove the key")
    return text


_BLOCK: Table = {
    "with": ("bindings", _bindings, ()),
    "when": ("when", _expression, ()),
    "to": ("to", fields.one_of, ("role", keys.ROLES)),
    "join": ("join", fields.string, ("join",)),
}


def overlay(node: Node, name: str, context: Context, settings: Callable[[Map, Context], dict[str, Any]]) -> Overlay:
    """A partial prompt. `settings` reads the keys that override the prompt's own."""
    entry = fields.mapping(node, f"'{name}'")
    fields.refuse_unknown(entry, keys.OVERLAY, f"key of '{name}'", context.problems)
    return Overlay(name, entry.span, **edits(entry, context), overrides=settings(entry, context))


def edits(entry: Map, context: Context) -> dict[str, Any]:
    """The keys drop, replace, add and set of an overlay."""
    return context.problems.fields(entry.entries, _EDITS, context)


def _drop(node: Node, _: Context) -> tuple[tuple[str, Span], ...]:
    return tuple([(fields.name(item, "drop"), item.span) for item in fields.sequence(node, "drop")])


def _replace(node: Node, context: Context) -> tuple[tuple[str, Block], ...]:
    entries, catch = fields.mapping(node, "replace").entries, context.problems.catch
    blocks = [(key, catch(block, _whole(key, value), context, (), key)) for key, value in entries.items()]
    return tuple([(key, value) for key, value in blocks if value is not None])


def _add(node: Node, context: Context) -> tuple[Addition, ...]:
    return context.problems.each(_addition, fields.sequence(node, "add"), context)


def _set(node: Node, _: Context) -> tuple[tuple[str, Any, Span], ...]:
    entries = fields.mapping(node, "set")
    places = entries.keys
    return tuple([(key, plain_data(value), places[key]) for key, value in entries.entries.items()])


_EDITS: Table = {
    "drop": ("drop", _drop, ()),
    "replace": ("replace", _replace, ()),
    "add": ("add", _add, ()),
    "set": ("set", _set, ()),
}


def _whole(name: str, node: Node) -> Node:
    """The entry that `replace` gives for a block. For a block named after its kind the content alone will do:
    `replace: {format: {list: numbered}}`."""
    keys_ = set(node.entries) if isinstance(node, Map) else set()
    is_entry = bool(keys_ & {*CONTENT_KEYS, "blocks"}) and not keys_ & {"input", "from", "records"}
    return node if is_entry or name not in KINDS else Map({name: node}, node.span)


def _addition(node: Node, context: Context) -> Addition | None:
    entry = fields.mapping(node, "an entry of add")
    anchors = [key for key in keys.ANCHOR if key in entry.entries]
    if len(anchors) != 1:
        raise Fault(entry.span, "an added block needs before or after, one of them, with the name of its anchor")
    anchor = fields.name(entry.entries[anchors[0]], anchors[0])
    added = block(node, context, tuple(keys.ANCHOR))
    if added is None:
        return None
    return Addition(added, anchor, anchors[0] == "before", entry.keys[anchors[0]])


def axes(node: Node, context: Context, settings: Callable[[Map, Context], dict[str, Any]]) -> tuple[Axis, ...]:
    """The axes of a matrix: a list of values of the input of that name, or overlays by name."""
    entries = fields.mapping(node, "matrix")
    places = entries.keys
    return context.problems.each(
        lambda key: _axis(key, entries.entries[key], places[key], context, settings), entries.entries
    )


def _axis(key: str, node: Node, span: Span, context: Context, settings: Any) -> Axis:
    fields.name(Scalar(key, span), "an axis's name")
    if isinstance(node, Seq):
        cells = tuple(_value_cell(key, item) for item in node.value)
    else:
        entries = fields.mapping(node, f"the axis '{key}'").entries
        cells = tuple(overlay(value, cell, context, settings) for cell, value in entries.items())
    names = [cell.name for cell in cells]
    double = next((name for name in names if names.count(name) > 1), None)
    if double is not None:
        raise Fault(node.span, f"the axis '{key}' has the value {double} twice")
    if not cells:
        raise Fault(node.span, f"the axis '{key}' is empty; give it values, or overlays by name")
    return Axis(key, cells, span)


def _value_cell(axis: str, node: Node) -> Overlay:
    value = plain_data(node)
    text = str(value).lower() if isinstance(value, bool) else "null" if value is None else str(value)
    return Overlay(text, node.span, set=((axis, value, node.span),))


def budget(node: Node, problems: Problems) -> Budget:
    """A token budget."""
    if isinstance(node, Scalar) and node.value.isdecimal():
        raise Fault(node.span, f"budget must be a mapping; write {{max_tokens: {node.value}}}")
    if isinstance(node, Scalar):
        what = f"budget must be a mapping, not {describe(node)}"
        raise Fault(node.span, f"{what}; write the most tokens of a call, such as {{max_tokens: 2000}}")
    entries = fields.mapping(node, "budget").entries
    fields.refuse_unknown(node, keys.BUDGET, "key of budget", problems)  # type: ignore[arg-type]
    if "max_tokens" not in entries:
        raise Fault(node.span, "budget needs max_tokens")
    names: list[str] = []
    for item in _shrink(entries["shrink"]) if "shrink" in entries else ():
        name = fields.name(item, "shrink")
        if name in names:
            raise Fault(item.span, f"shrink names '{name}' twice")
        names.append(name)
    models = _model_limits(entries["models"], problems) if "models" in entries else {}
    step = fields.whole(entries["step"], "step") if "step" in entries else None
    if step == 0:
        raise Fault(entries["step"].span, "step must be 1 or more; leave it out for a cut that moves freely")
    return Budget(fields.whole(entries["max_tokens"], "max_tokens"), tuple(names), node.span, models, step)


def _shrink(node: Node) -> Sequence[Node]:
    if isinstance(node, Scalar) and node.value:
        raise Fault(node.span, f"shrink must be a list, not {describe(node)}; write [{node.value}]")
    return fields.sequence(node, "shrink")


def _model_limits(node: Node, problems: Problems) -> dict[str, int]:
    """The token limits of models, by their names."""
    from promptkit.tokens import tokenizer_for  # here: few budgets name a model

    limits = fields.mapping(node, "models of a budget")
    for model in limits.entries:
        try:
            tokenizer_for(model)
        except ModelError as error:
            problems.add(limits.keys[model], error.message)
    return {model: fields.whole(limit, f"the limit of {model}") for model, limit in limits.entries.items()}
