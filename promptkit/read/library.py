"""A library: a tree of files in, its prompts and every problem out."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from promptkit import collector
from promptkit.config import CALIBRATION, FILE, Config, Jinja, Thresholds
from promptkit.errors import LibraryError, LimitError, Problem, PromptkitError, Span, UnknownNameError, did_you_mean
from promptkit.model import BlockFile, Library, Prompt, Spec
from promptkit.read import fields, keys, prompts
from promptkit.read.data import read_records, read_schema
from promptkit.read.entries import Context
from promptkit.read.nodes import Fault, Map, Problems, python_node
from promptkit.read.strays import strays
from promptkit.read.texts import read_block, read_text
from promptkit.read.tools import read_tools
from promptkit.read.walk import templates
from promptkit.template import Engine
from promptkit.template.plain import OPENING
from promptkit.trees import Folder, Texts, Tree

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from promptkit.content import Records, Text
    from promptkit.messages import Tool
    from promptkit.pricing.facts import Quote
    from promptkit.pricing.usage import Usage

STD = "std/"
_TEXTS = (".md", ".txt")
_PROMPTS = (".yaml", ".yml")
_std_blocks: dict[str, BlockFile] = {}


Guard = Callable[[str], AbstractContextManager[None]]
"""Bounds the work on the file or prompt that it is given the name of."""


def unbounded(name: str) -> AbstractContextManager[None]:  # noqa: ARG001 (the shape of a guard)
    """The guard that bounds nothing."""
    return nullcontext()


def read(tree: Tree, guard: Guard = unbounded, *, still: bool = False) -> tuple[Library, tuple[Problem, ...]]:
    """The library that a tree holds, and every problem found in it, sorted by place.

    What could be read is in the library; a prompt with a problem of its own is left out of it. The
    templates of those that are in it are not checked. `guard` stands around the work on each block. With `still` the
    library's engine compiles and runs nothing.
    """
    with collector.seldom():
        return _Reader(tree, guard).library(still=still)


def read_config(tree: Tree) -> tuple[Config, tuple[Problem, ...]]:
    """A library's settings alone, and every problem found in them."""
    return _Reader(tree, unbounded).config()


def python_spec(name: str, blocks: Iterable[Mapping[str, Any]], given: Mapping[str, Any]) -> tuple[Spec, Library]:
    """The spec of a prompt made in Python, and its library: the one given under `library`, else an empty one."""
    if isinstance(blocks, str):  # type: ignore[unreachable]  # callers without a type checker
        raise LibraryError([Problem(Span(f"<python>:{name}"), "D601", "blocks is a list; write [blocks.user(TEXT)]")])
    library = given.get("library")
    if library is None:
        library, _ = read(Texts({}, "<python>"))
    problems = Problems()
    context = Context(lambda block, span: _find_block(library.blocks, block, span), problems)
    span = Span(f"<python>:{name}")
    data = {"blocks": list(blocks), **{key: value for key, value in given.items() if key != "library"}}

    def build() -> Spec:
        node = python_node(_schemas_as_data(data), span)
        assert isinstance(node, Map)
        return prompts.spec(node, name, context, lambda base, _: find_prompt(library, base).spec)

    spec = problems.catch(build)
    if problems.found or spec is None:
        raise LibraryError(problems.found)
    return spec, library


def _schemas_as_data(value: Any) -> Any:
    """`value` with each Pydantic model class replaced by its JSON Schema."""
    if isinstance(value, type) and hasattr(value, "model_json_schema"):
        return value.model_json_schema()
    if isinstance(value, dict):
        return {key: _schemas_as_data(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_schemas_as_data(item) for item in value]
    return value


def find_prompt(library: Library, name: str) -> Prompt:
    """The prompt of that name, or of that file. Raises UnknownNameError."""
    short = str(name).removeprefix("prompts/").removesuffix(".yaml").removesuffix(".yml")
    prompt = library.prompts.get(name) or library.prompts.get(short)
    if prompt is None:
        raise UnknownNameError(f"unknown prompt '{name}'{_nearest(str(name), library)}", Span(library.root))
    return prompt


def _nearest(name: str, library: Library) -> str:
    if not library.prompts:
        return "; the library has none: a prompt is a file such as prompts/reply.yaml"
    ends = [known for known in library.prompts if known.endswith(f"/{name}")]
    return did_you_mean(name, library.prompts) if not ends else f"; did you mean '{ends[0]}'?"


def std_block(name: str) -> BlockFile | None:
    """promptkit's own block of that name, which begins with std/."""
    if name not in _std_blocks:
        tree = Folder(Path(__file__).parents[1])
        path = next((f"{name}{suffix}" for suffix in _TEXTS if tree.exists(name + suffix)), None)
        if path is None:
            return None
        _std_blocks[name] = read_block(tree, path, name, STD, Problems())
    return _std_blocks[name]


def std_names() -> list[str]:
    """The names of promptkit's own blocks, sorted."""
    return [path.rsplit(".", 1)[0] for path in Folder(Path(__file__).parents[1]).paths("std", _TEXTS)]


def find_std(name: str) -> BlockFile:
    """promptkit's own block of that name. Raises UnknownNameError."""
    found = std_block(name) if name.startswith(STD) else None
    if found is None:
        raise UnknownNameError(f"unknown standard block '{name}'{did_you_mean(name, std_names())}")
    return found


def _find_block(blocks: Mapping[str, BlockFile], name: str, span: Span) -> BlockFile:
    found = std_block(name) if name.startswith(STD) else blocks.get(name)
    if found is None:
        known = std_names() if name.startswith(STD) else list(blocks)
        known = [STD + name] if STD + name in std_names() else known
        raise Fault(span, f"unknown block '{name}'{did_you_mean(name, known)}")
    return found


def check_template(text: Text, engine: Engine, guard: Guard) -> list[Problem]:
    """What is wrong with a template, by parsing alone."""
    if OPENING.search(text.source) is None:  # without a tag there is nothing to be wrong
        return []
    template = engine.template(text)
    if template.fields is not None:
        return []
    try:
        with guard(str(text.first)):
            return template.check()
    except LimitError as error:
        return [Problem(text.first, "D601", error.message)]


class _Reader:
    """Reads one tree. Each part is read apart, so that one broken file hides no other."""

    def __init__(self, tree: Tree, guard: Guard) -> None:
        self._tree = tree
        self._guard = guard
        self._problems = Problems()
        self._nodes: dict[str, tuple[str, Map | None]] = {}
        self._specs: dict[str, Spec | None] = {}
        self._pending: list[str] = []
        self._broken: set[str] = set()
        self._context = Context(self._find_block, self._problems)

    def config(self) -> tuple[Config, tuple[Problem, ...]]:
        return self._settings(), tuple(sorted(self._problems.found))

    def _settings(self) -> Config:
        config = self._problems.catch(self._config) or Config()
        if not self._tree.exists(CALIBRATION):
            return config
        from promptkit.read.calibration import calibrations_in  # here: most libraries have none

        return replace(config, calibrations=self._problems.catch(calibrations_in, self._tree) or {})

    def library(self, *, still: bool) -> tuple[Library, tuple[Problem, ...]]:
        config = self._settings()
        self.blocks = self._texts("blocks")
        self.partials = self._texts("partials")
        for name in sorted(set(self.blocks) & set(self.partials)):
            span = self.partials[name].text.first
            self._problems.add(span, f"the partial '{name}' has the name of a block; an include could mean either")
        self._engine = engine = Engine(
            self._includable,
            names=lambda: [*self.blocks, *self.partials, *std_names()],
            trim_blocks=config.jinja.trim_blocks,
            lstrip_blocks=config.jinja.lstrip_blocks,
            still=still,
        )
        records: dict[str, Records] = self._files("examples", (".yaml", ".yml", ".json", ".jsonl"), self._records)
        schemas: dict[str, Any] = self._files("schemas", (".json",), lambda path: read_schema(self._tree, path))
        tools: dict[str, Any] = self._files("tools", (".yaml", ".yml", ".json"), self._tools)
        for file in (*self.blocks.values(), *self.partials.values()):
            self._problems.found += check_template(file.text, engine, self._guard)
        self._named_blocks()
        found: dict[str, Prompt] = {}
        library = Library(
            root=self._tree.root,
            prompts=found,
            blocks=self.blocks,
            records=records,
            schemas=schemas,
            config=config,
            engine=engine,
            tree=self._tree,
            tools=tools,
            broken=frozenset(self._broken),
            partials=self.partials,
        )
        self._files("prompts", _PROMPTS, self._prompt_node)
        self._problems.found += self._strays()
        for name in sorted(self._nodes):
            spec = self._problems.catch(self._spec, name)
            if spec is not None:
                found[name] = Prompt.of(spec, library)
        return library, tuple(sorted(set(self._problems.found)))

    def _named_blocks(self) -> None:
        """Notes the names in front matter that are no block's, and what a partial cannot say."""
        for file in self.blocks.values():
            for name, span in [*file.conflicts, *filter(None, [file.replaced_by])]:
                self._problems.catch(self._find_block, name, span)
        for file in self.partials.values():
            for _, span in file.conflicts[:1]:
                self._problems.add(span, "a partial has no conflicts, for no prompt uses it; move them to a block")
            if file.replaced_by is not None and self._includable(file.replaced_by[0]) is None:
                name, span = file.replaced_by
                hint = did_you_mean(name, [*self.partials, *self.blocks])
                self._problems.add(span, f"unknown partial '{name}'{hint}")

    def _strays(self) -> list[Problem]:
        try:
            return list(strays(self._tree))
        except PromptkitError as error:
            return [Problem(error.span or Span("."), "D601", error.message)]

    def _files(self, folder: str, suffixes: tuple[str, ...], reader: Any) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for path in self._paths(folder, suffixes):
            value = self._problems.catch(reader, path)
            if value is None:
                self._broken.add(path)
            else:
                found[path] = value
        return found

    def _paths(self, folder: str, suffixes: tuple[str, ...]) -> Iterable[str]:
        try:
            return self._tree.paths(folder, suffixes)
        except PromptkitError as error:
            self._problems.add(error.span or Span(folder), error.message)
            return ()

    def _config(self) -> Config:
        if not self._tree.exists(FILE):
            return Config()
        from promptkit.read.yamls import read_yaml  # here: a prompt made in Python reads no YAML

        node = read_yaml(read_text(self._tree, FILE), FILE)
        if node is None:
            return Config()
        config = fields.mapping(node, "promptkit.yaml")
        fields.refuse_unknown(config, keys.CONFIG, "key of promptkit.yaml", self._problems)
        jinja = self._section(config, "jinja", fields.flag)
        thresholds = self._section(config, "thresholds", fields.whole)
        names = config.entries.get("models")
        models = () if names is None else [fields.name(item, "a model") for item in fields.sequence(names, "models")]
        if names is not None and not models:
            self._problems.add(names.span, "models is empty; name one, or leave models out")
        usage, prices = self._money(config)
        found = Config(
            tuple(models),
            Jinja(**jinja),
            Thresholds(**thresholds),
            config.span,
            usage,
            prices,
            model_spans=tuple([item.span for item in fields.sequence(names, "models")]) if names is not None else (),
        )
        if "lint" not in config.entries:
            return found
        from promptkit.read.lint import lint_settings  # here: only lint looks at it

        lint = self._problems.catch(lint_settings, config.entries["lint"], self._problems)
        return found if lint is None else replace(found, lint=lint)

    def _money(self, config: Map) -> tuple[Usage | None, Mapping[str, Quote]]:
        if not {"usage", "prices"} & config.entries.keys():
            return None, {}
        from promptkit.read import pricing  # here: few libraries say it

        usage, prices = config.entries.get("usage"), config.entries.get("prices")
        return (
            None if usage is None else self._problems.catch(pricing.usage, usage, self._problems),
            {} if prices is None else self._problems.catch(pricing.prices, prices, self._problems) or {},
        )

    def _section(self, config: Map, key: str, reader: Any) -> dict[str, Any]:
        if key not in config.entries:
            return {}
        section = fields.mapping(config.entries[key], key)
        known = keys.CONFIG[key]["properties"]
        fields.refuse_unknown(section, known, f"key of {key}", self._problems)
        return {name: reader(value, name) for name, value in section.entries.items() if name in known}

    def _texts(self, folder: str) -> dict[str, BlockFile]:
        found: dict[str, BlockFile] = {}
        for path in self._paths(folder, _TEXTS):
            name = path.removeprefix(folder + "/").rsplit(".", 1)[0]
            if name in found:
                first = found.pop(name).text.first.path  # a prompt that uses the name could mean either
                self._problems.add(Span(path), f"the name '{name}' is taken by {first}; rename one")
                self._broken |= {first, path}
                continue
            file = self._problems.catch(read_block, self._tree, path, name, folder + "/", self._problems)
            if file is None:
                self._broken.add(path)
            else:
                found[name] = file
        return found

    def _includable(self, name: str) -> Text | None:
        own = self.partials.get(name) or self.blocks.get(name)
        file = std_block(name) if name.startswith(STD) else own
        return None if file is None else file.text

    def _records(self, path: str) -> Records:
        return read_records(self._tree, path, self._problems)

    def _tools(self, path: str) -> tuple[Tool, ...] | None:
        return read_tools(self._tree, path, self._problems)

    def _prompt_node(self, path: str) -> None:
        name = path.removeprefix("prompts/").rsplit(".", 1)[0]
        if name in self._nodes:
            self._specs[name] = None  # the name could mean either
            raise Fault(Span(path), f"the name '{name}' is taken by {self._nodes[name][0]}; rename one")
        from promptkit.read.yamls import read_yaml  # here: a prompt made in Python reads no YAML

        node = read_yaml(read_text(self._tree, path), path)
        if node is None:
            raise Fault(Span(path), "is empty; a prompt needs blocks")
        self._nodes[name] = (path, prompt := fields.mapping(node, "a prompt"))
        if "extends" not in prompt.entries:  # the others wait until all names are known
            self._problems.catch(self._spec, name)
            self._nodes[name] = (path, None)  # here: nodes are many, and keeping them makes the garbage collector slow

    def _spec(self, name: str) -> Spec | None:
        """The spec of a prompt, reading what it extends first; None where it has problems. Raises Fault."""
        _, node = self._nodes[name]
        if name in self._pending:
            assert node is not None
            cycle = " -> ".join([*self._pending[self._pending.index(name) :], name])
            raise Fault(node.entries["extends"].span, f"extends in a circle: {cycle}; break it")
        if name not in self._specs:
            assert node is not None
            self._specs[name] = None
            self._pending.append(name)
            count = len(self._problems.found)
            try:
                spec = prompts.spec(node, name, self._context, self._base)
                if len(self._problems.found) == count:
                    self._specs[name] = spec
                else:  # it is left out, and what else is wrong with it is told with the rest
                    for text in templates(spec):
                        self._problems.found += check_template(text, self._engine, self._guard)
            finally:
                self._pending.pop()
        return self._specs[name]

    def _find_block(self, name: str, span: Span) -> BlockFile:
        if name not in self.blocks and {f"blocks/{name}{suffix}" for suffix in _TEXTS} & self._broken:
            raise Fault(span, f"the block '{name}' has problems of its own; mend them first", follows=True)
        return _find_block(self.blocks, name, span)

    def _base(self, name: str, span: Span) -> Spec:
        if name not in self._nodes and {f"prompts/{name}.yaml", f"prompts/{name}.yml"} & self._broken:
            raise Fault(span, f"extends '{name}', which has problems of its own; mend them first", follows=True)
        if name not in self._nodes:
            raise Fault(span, f"unknown prompt '{name}'{did_you_mean(name, self._nodes)}")
        spec = self._spec(name)
        if spec is None:
            raise Fault(span, f"extends '{name}', which has problems of its own; mend them first", follows=True)
        return spec
