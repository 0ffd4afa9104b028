"""Plain prompt files outside any library: each is looked at as a prompt of one block."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from promptkit.config import Config
from promptkit.content import Text
from promptkit.errors import Span
from promptkit.lint.findings import Report
from promptkit.lint.run import joined, look, order
from promptkit.lint.sources import SourceFile
from promptkit.lint.suppressions import kept, suppressions, unused
from promptkit.lint.whole import Whole
from promptkit.model import Block, Library, Prompt, Settings, Spec
from promptkit.read import check_template, unbounded
from promptkit.read.nodes import Scalar, Seq
from promptkit.template import Engine
from promptkit.trees import Texts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from promptkit.lint.rule import Rule
    from promptkit.read import Guard
    from promptkit.read.nodes import Node

TEMPLATES = frozenset({".j2", ".jinja", ".jinja2", ".prompty"})
"""Files whose text is a Jinja2 template. Others are looked at as they stand: dotprompt's `.prompt` is Handlebars."""

SUFFIXES = TEMPLATES | {".md", ".txt", ".prompt", ".mdc"}
"""The files of a folder that are looked at; one that is named is, whatever it is called."""

HEADED = frozenset({".prompty", ".prompt", ".mdc"})
"""Files that may begin with front matter, which is no part of the prompt."""

_FENCE = "---"
_FORMS = frozenset({"output", "outputs", "response_format"})
_FORM = re.compile(rf"\b(?:{'|'.join(sorted(_FORMS))})\b")
_SUBJECTS = frozenset({"text", "raw", "view", "prompt", "reader"})


def lint_files(texts: Mapping[str, str], chosen: Iterable[Rule], guard: Guard = unbounded) -> Report:
    """What the chosen rules find in files, by path. Rules that ask what only a library says are left out.

    A template includes others of `texts` by their paths below any folder above it.
    """
    rules = [each for each in chosen if each.subject in _SUBJECTS]
    sources = {path: _text(path, text) for path, text in texts.items()}
    engine = Engine(lambda name: _named(name, sources), names=lambda: list(sources), still=True)
    files = {path: SourceFile(path, text) for path, text in texts.items()}
    prompts: dict[str, Prompt] = {}
    library = Library(".", prompts, {}, {}, {}, Config(), engine, Texts({}, "."))
    problems = []
    for path, text in sources.items():
        own = [] if text.literal else check_template(text, engine, guard)
        problems += [each for each in own if each.code not in {"T104", "X508"}]  # a name may be the application's own
        if text.source and not own:
            block = Block("text", "text", text, text.first)
            prompts[path] = Prompt.of(Spec(path, text.first, _settings(files[path]), (block,)), library)
    share = joined([look(Whole(library, prompts.values(), files), files, rules, guard)], problems, rules)
    asked = {
        path: found
        for path, file in files.items()
        if not sources[path].literal and (found := suppressions(file, is_template=True))
    }
    findings = sorted([*kept(share.findings, asked), *unused(asked, rules)], key=order)
    plain = [each._replace(prompt=None, variant=None) for each in findings]
    return Report(tuple(plain), tuple(share.failures), len(files), files)


def _text(path: str, text: str) -> Text:
    """The prompt that a file holds, without its front matter."""
    suffix, line = PurePosixPath(path).suffix.lower(), 1
    if suffix in HEADED and text.startswith(_FENCE):
        rows = text.split("\n")
        end = next((place for place, row in enumerate(rows[1:], 1) if row.rstrip() == _FENCE), 0)
        text, line = "\n".join(rows[end + 1 :]), end + 2
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return Text(text, path, Span(path, line, 1), literal=suffix not in TEMPLATES)


def _settings(file: SourceFile) -> Settings:
    """What the front matter says of the answer: a form that goes with the request."""
    has_form = (
        PurePosixPath(file.path).suffix.lower() in HEADED
        and _FORM.search(file.text[: file.head_end]) is not None
        and (head := file.head) is not None
        and _has_form(head)
    )
    return Settings(params={"response_format": "declared"}) if has_form else Settings()


def _has_form(node: Node) -> bool:
    """Whether an output or, at any depth, a response format is declared that is more than text."""
    if isinstance(node, Seq):
        return any(map(_has_form, node.value))
    if isinstance(node, Scalar):
        return False
    declared = [each for name, each in node.entries.items() if name in _FORMS]
    return any(map(_is_form, declared)) or any(map(_has_form, node.entries.values()))


def _is_form(node: Node) -> bool:
    if isinstance(node, Scalar):
        return node.value not in {"", "text"}
    return any(map(_is_form, node.value if isinstance(node, Seq) else node.entries.values()))


def _named(name: str, sources: Mapping[str, Text]) -> Text | None:
    """The file that an include means: its path, or the end of exactly one."""
    if name in sources:
        return sources[name]
    found = [text for path, text in sources.items() if path.endswith(f"/{name}")]
    return found[0] if len(found) == 1 else None
