"""What one prompt's file says, without reading the library around it: for whoever waits at a keyboard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptkit.content import NOWHERE, Input, Text
from promptkit.errors import PromptkitError, Span
from promptkit.model import BlockFile
from promptkit.read import fields, prompts
from promptkit.read.entries import Context
from promptkit.read.nodes import Fault, Problems
from promptkit.read.texts import read_text
from promptkit.read.yamls import read_yaml

if TYPE_CHECKING:
    from promptkit.model import Spec
    from promptkit.trees import Tree

SUFFIXES = (".yaml", ".yml")
DEEP = 20  # files that extend each other


def prompt_names(tree: Tree) -> list[str]:
    """The names that the files below prompts/ give, sorted; no file is opened."""
    try:
        found = tree.paths("prompts", SUFFIXES)
    except PromptkitError:
        return []
    return sorted(path.removeprefix("prompts/").rpartition(".")[0] for path in found)


def outline(tree: Tree, name: str) -> Spec | None:
    """The spec of a prompt as its own file and those that it extends have it; None where they cannot be read.

    No block is looked up: each is taken for an empty text. Problems are left out, for lint and `load` tell them.
    """
    try:
        return _spec(tree, name.removeprefix("prompts/").removesuffix(".yaml").removesuffix(".yml"), DEEP)
    except (Fault, PromptkitError):
        return None


def declared(spec: Spec) -> dict[str, Input]:
    """The inputs that a prompt and those it extends declare, by name."""
    found = {} if spec.extends is None else declared(spec.extends)
    own = spec.settings.inputs if spec.overlay is None else spec.overlay.overrides.get("inputs", ())
    return found | {each.name: each for each in own}


def _spec(tree: Tree, name: str, left: int) -> Spec:
    path = next((f"prompts/{name}{suffix}" for suffix in SUFFIXES if tree.exists(f"prompts/{name}{suffix}")), None)
    if path is None or not left:
        raise Fault(NOWHERE, "no such prompt")
    node = read_yaml(read_text(tree, path), path)

    def base(name: str, _span: Span) -> Spec:
        return _spec(tree, name, left - 1)

    return prompts.spec(fields.mapping(node, "a prompt"), name, Context(_any_block, Problems()), base)


def _any_block(name: str, span: Span) -> BlockFile:
    return BlockFile(name, "text", Text("", name, span))
