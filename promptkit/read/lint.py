"""What files say about lint: `lint:` of promptkit.yaml, of a prompt, of a block's front matter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from promptkit.config import LintSettings
from promptkit.read import fields, keys
from promptkit.read.fields import mapping

if TYPE_CHECKING:
    from promptkit.errors import Span
    from promptkit.read.nodes import Map, Node, Problems

Names = tuple[tuple[str, "Span"], ...]


def lint_settings(node: Node, problems: Problems) -> LintSettings:
    """The settings of promptkit.yaml. Which rules there are is known to lint alone."""
    section = mapping(node, "lint")
    fields.refuse_unknown(section, keys.LINT, "key of lint", problems)
    found = section.entries

    def each(key: str, reader: Any) -> tuple[Any, ...]:
        named: Map | None = problems.catch(mapping, found[key], key) if key in found else None
        if named is None:
            return ()
        entries, places = named.entries, named.keys
        return problems.each(lambda name: reader(name, entries[name], places[name]), entries)

    preview = problems.catch(fields.flag, found["preview"], "preview") if "preview" in found else False
    return LintSettings(
        select=_names(found.get("select"), "select", problems),
        ignore=_names(found.get("ignore"), "ignore", problems),
        per_file_ignores=each("per_file_ignores", lambda path, node, _: (path, _names(node, path, problems))),
        severities=each(
            "severities", lambda name, node, span: (name, fields.one_of(node, "severity", keys.SEVERITIES), span)
        ),
        preview=bool(preview),
    )


def file_ignores(node: Node, problems: Problems) -> Names:
    """The rules that a prompt or a block asks to ignore in its own file."""
    section = mapping(node, "lint")
    fields.refuse_unknown(section, keys.FILE_LINT, "key of lint", problems)
    return _names(section.entries.get("ignore"), "ignore", problems)


def _names(node: Node | None, what: str, problems: Problems) -> Names:
    nodes = () if node is None else problems.catch(fields.sequence, node, what)
    return problems.each(lambda item: (fields.name(item, f"an entry of {what}"), item.span), nodes or ())
