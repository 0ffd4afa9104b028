"""Files as they were typed."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from promptkit.lint.masks import covered, masked
from promptkit.lint.personal import personal
from promptkit.lint.places import Place
from promptkit.read.nodes import Map

if TYPE_CHECKING:
    from promptkit.read.nodes import Node


class SourceFile:
    """One file of a library. `folder` is the part of the library that it lies in, empty for promptkit.yaml."""

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.text = text

    @property
    def folder(self) -> str:
        """blocks, partials, prompts, examples, schemas, tools, or empty."""
        return self.path.partition("/")[0] if "/" in self.path else ""

    @property
    def is_yaml(self) -> bool:
        """Whether it is YAML as a whole."""
        return self.path.endswith((".yaml", ".yml"))

    @cached_property
    def lines(self) -> list[str]:
        """Its lines, without their newlines."""
        return self.text.replace("\r\n", "\n").replace("\r", "\n").split("\n")

    @cached_property
    def node(self) -> Node | None:
        """What it holds as YAML, None where it is none or cannot be read. Slow: look at the text first."""
        from promptkit.read.yamls import yaml_node  # here: few files are looked at so closely

        return yaml_node(self.text, self.path) if self.is_yaml else None

    @cached_property
    def head_end(self) -> int:
        """Where the front matter of a text file ends; 0 where it has none."""
        if self.is_yaml or not self.text.startswith("---"):
            return 0
        end = self.text.find("\n---", 3)
        return 0 if end < 0 else end + 1

    @cached_property
    def head(self) -> Map | None:
        """The mapping that a YAML file is, or a text file's front matter; None where there is none to be read."""
        from promptkit.read.yamls import yaml_node  # here: few files are looked at so closely

        node = self.node if self.is_yaml else yaml_node("\n" + self.text[4 : self.head_end], self.path)
        return node if isinstance(node, Map) else None

    @cached_property
    def shown(self) -> list[str]:
        """Its lines as they may be shown: credentials and personal data masked, each character at its own column."""
        private = ((each.start, each.end) for each in personal(self.text))
        return SourceFile(self.path, masked(covered(self.text, private))).lines

    def span(self, start: int, end: int) -> Place:
        """The place of `text[start:end]`."""
        before = SourceFile("", self.text[:start]).lines
        inside = SourceFile("", self.text[start:end]).lines
        first, column = len(before), len(before[-1]) + 1
        last = len(inside[-1]) + (column if len(inside) == 1 else 1)
        return Place(self.path, first, column, first + len(inside) - 1, last)

    def at(self, line: int, start: int, end: int) -> Place:
        """The place of characters `start` to `end` of line `line`, which counts from 1; they count from 0."""
        return Place(self.path, line, start + 1, line, end + 1)
