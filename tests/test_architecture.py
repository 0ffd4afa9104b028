"""The layers of promptkit, checked on its source: imports point down, each library has one owner, files stay small."""

from __future__ import annotations

import ast
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "promptkit"

# Top to bottom; a layer is a module or a package of that name. A module imports from the layers below its own.
LAYERS = (
    "cli",
    "serve",
    "report",
    "evaluate",
    "finetune",
    "lint",
    "revisions",
    "interop",
    "caching",
    "ranges",
    "calibration",
    "fit",
    "measure",
    "remote",
    "providers",
    "starter",
    "library",
    "render",
    "compose",
    "parameters",
    "fingerprint",
    "read",
    "blocks",
    "inputs",
    "media",
    "schemas",
    "template",
    "tokens",
    "trees",
    "config",
    "model",
    "content",
    "messages",
    "pricing",
    "modelnames",
    "shown",
    "errors",
    "caches",
    "collector",
    "quick",
)

# Third-party libraries, each with the one layer that may import it. Any other is a dependency without an owner.
OWNERS = {
    "click": "cli",
    "yaml": "read",
    "jinja2": "template",
    "markupsafe": "template",
    "jsonschema": "schemas",
    "referencing": "schemas",  # jsonschema's own registry of references
    "tiktoken": "tokens",
    "tiktoken_ext": "tokens",
    "langchain_core": "interop",
    "llama_index": "interop",
    "haystack": "interop",
    "genai_prices": "pricing",
}

# The methods of the public surface that reach upward, each importing inside a function. An unused one is an error.
UPWARD: frozenset[tuple[str, str]] = frozenset(
    {
        ("promptkit.model", "promptkit.read"),
        ("promptkit.model", "promptkit.compose"),
        ("promptkit.model", "promptkit.render"),
        ("promptkit.model", "promptkit.providers"),
        ("promptkit.model", "promptkit.measure"),
        ("promptkit.model", "promptkit.fit"),
        ("promptkit.shown", "promptkit.report.html"),
    }
)
UPWARD_FROM = frozenset({"promptkit.model", "promptkit.shown"})  # and for annotations, under TYPE_CHECKING

SURFACE = ("promptkit", "promptkit.__main__")  # above every layer
LAZY = ("promptkit", "promptkit.cli.app", "promptkit.lint.rules")  # they import their own modules by name
VERSION = "__version__"

PRINTING = frozenset({"print", "echo", "click.echo", "sys.stdout.write", "sys.stderr.write"})
LEAVING = frozenset({"exit", "quit", "sys.exit", "os._exit", "raise SystemExit"})
BY_NAME = frozenset({"import_module", "importlib.import_module", "__import__"})

MAX_FILE_LINES = 450
MAX_FUNCTION_LINES = 45


@dataclass(frozen=True, slots=True)
class Import:
    """One imported module, where it stands, and when it is imported."""

    module: str
    target: str
    line: int
    in_function: bool
    for_types: bool

    def __str__(self) -> str:
        return f"{self.module}:{self.line}: imports {self.target}"


@dataclass(frozen=True, slots=True)
class Module:
    """One source file under its import name."""

    name: str
    source: str
    is_package: bool = False

    @property
    def layer(self) -> str:
        return layer_of(self.name)


def layer_of(name: str) -> str:
    """The second part of a dotted name: `read` of `promptkit.read.yaml_events`; "" for promptkit itself."""
    return name.split(".")[1] if "." in name else ""


def modules() -> list[Module]:
    """Every source file of the package."""
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        is_package = parts[-1] == "__init__"
        name = ".".join(parts[:-1] if is_package else parts)
        found.append(Module(name, path.read_text("utf-8"), is_package))
    return found


class Imports(ast.NodeVisitor):
    """Collects what a module imports, with `known` telling a submodule from a name inside a module."""

    def __init__(self, module: Module, known: frozenset[str]) -> None:
        self.module, self.known = module, known
        self.found: list[Import] = []
        self.functions = self.types = 0
        self.visit(ast.parse(module.source))

    def add(self, node: ast.stmt, target: str) -> None:
        self.found.append(Import(self.module.name, target, node.lineno, self.functions > 0, self.types > 0))

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self.functions += 1
        self.generic_visit(node)
        self.functions -= 1

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self.visit_FunctionDef(node)

    def visit_If(self, node: ast.If) -> None:
        checking = ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING")
        self.types += checking
        for child in node.body:
            self.visit(child)
        self.types -= checking
        for child in node.orelse:
            self.visit(child)

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            self.add(node, alias.name)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        base = node.module or ""
        if node.level:
            parts = self.module.name.split(".")
            kept = len(parts) - node.level + self.module.is_package
            base = ".".join(parts[:kept] + ([node.module] if node.module else []))
        for alias in node.names:
            inner = f"{base}.{alias.name}"
            is_module = inner in self.known or (base == "promptkit" and alias.name in LAYERS)
            if not (base == "promptkit" and alias.name == VERSION):
                self.add(node, inner if is_module else base)


def imports_of(sources: list[Module]) -> list[Import]:
    known = frozenset(module.name for module in sources)
    return [found for module in sources for found in Imports(module, known).found]


def is_upward_exception(found: Import) -> bool:
    return found.module in UPWARD_FROM and (found.for_types or found.in_function)


def layer_problems(imports: list[Import], upward: frozenset[tuple[str, str]]) -> list[str]:
    """Imports that point up, modules outside every layer, and listed exceptions that nothing needs."""
    problems, used = [], set()
    for found in imports:
        here, there = layer_of(found.module), layer_of(found.target)
        if not (found.target == "promptkit" or found.target.startswith("promptkit.")) or found.module in SURFACE:
            continue
        if found.target == "promptkit":
            problems.append(f"{found}: import a name from its module, not from the public surface")
        elif here not in LAYERS or there not in LAYERS:
            problems.append(f"{found}: '{there if here in LAYERS else here}' is in no layer")
        elif LAYERS.index(there) < LAYERS.index(here):
            if found.in_function and not found.for_types:
                used.add((found.module, found.target))
            listed = (found.module, found.target) in upward
            if not (is_upward_exception(found) and (found.for_types or listed)):
                problems.append(f"{found}: upward, {here} stands below {there}")
    return problems + [f"{module} no longer imports {target}: unlist it" for module, target in sorted(upward - used)]


def cycle_problems(imports: list[Import]) -> list[str]:
    """Cycles among modules of one package, counting what is imported at module level to run, not for types."""
    edges: dict[str, set[str]] = {}
    for found in imports:
        inside = layer_of(found.module) and layer_of(found.module) == layer_of(found.target)
        if inside and not found.in_function and not found.for_types and found.target.startswith("promptkit."):
            edges.setdefault(found.module, set()).add(found.target)
    return sorted({problem for start in edges for problem in cycles_from(start, edges)})


def cycles_from(start: str, edges: dict[str, set[str]]) -> list[str]:
    reached, waiting = set(), list(edges[start])
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += edges.get(name, ())
    return [f"{start}: imports itself by way of {', '.join(sorted(reached - {start})) or start}"] * (start in reached)


def owner_problems(imports: list[Import]) -> list[str]:
    """Third-party imports outside the layer that owns the library, or of a library without an owner."""
    problems = []
    for found in imports:
        library = found.target.partition(".")[0]
        if library == "promptkit" or library in sys.stdlib_module_names:
            continue
        owner = OWNERS.get(library)
        if owner is None:
            problems.append(f"{found}: no layer owns it")
        elif layer_of(found.module) != owner:
            problems.append(f"{found}: only {owner} does")
    return problems


def call_problems(module: Module) -> list[str]:
    """Printing and exiting outside the command line, and importing by name outside the lazy surfaces."""
    problems = []
    for node in ast.walk(ast.parse(module.source)):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
        elif isinstance(node, ast.Raise) and node.exc is not None:
            name = "raise SystemExit" if ast.unparse(node.exc).startswith("SystemExit") else ""
        else:
            continue
        if name in PRINTING | LEAVING and module.layer != "cli":
            problems.append(f"{module.name}:{node.lineno}: {name} is for the command line only")
        if name in BY_NAME and module.name not in LAZY:
            problems.append(f"{module.name}:{node.lineno}: {name} hides an import from this test")
    return problems


def _docstring_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """The lines of a function's docstring, which for a rule of lint is its page and its test."""
    if ast.get_docstring(node) is None:
        return 0
    first = node.body[0]
    return (first.end_lineno or first.lineno) - first.lineno + 1


def size_problems(module: Module) -> list[str]:
    """Files and functions that want splitting, and files that are named after nothing."""
    problems = []
    lines = len(module.source.splitlines())
    if lines > MAX_FILE_LINES:
        problems.append(f"{module.name}: {lines} lines, at most {MAX_FILE_LINES}")
    for node in ast.walk(ast.parse(module.source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1 - _docstring_lines(node)
            if length > MAX_FUNCTION_LINES:
                problems.append(
                    f"{module.name}:{node.lineno}: {node.name} has {length} lines, at most {MAX_FUNCTION_LINES}"
                )
    if module.name.rpartition(".")[2] == "utils":
        problems.append(f"{module.name}: name a module after what it holds")
    return problems


# The package as it is.


def test_imports_point_down() -> None:
    assert layer_problems(imports_of(modules()), UPWARD) == []


def test_no_package_imports_itself_in_a_circle() -> None:
    assert cycle_problems(imports_of(modules())) == []


def test_each_library_has_one_owner() -> None:
    assert owner_problems(imports_of(modules())) == []


def test_only_the_command_line_prints_and_exits() -> None:
    assert [problem for module in modules() for problem in call_problems(module)] == []


def test_files_and_functions_stay_small() -> None:
    assert [problem for module in modules() for problem in size_problems(module)] == []


def test_every_module_belongs_to_a_layer() -> None:
    assert {module.layer for module in modules() if module.name not in SURFACE} <= set(LAYERS)


# The checks can fail.


def imports(name: str, source: str, *others: str, is_package: bool = False) -> list[Import]:
    return imports_of([Module(name, source, is_package), *(Module(other, "") for other in others)])


@pytest.mark.parametrize(
    ("name", "source", "problem"),
    [
        ("promptkit.render", "from promptkit.cli import x", "upward, render stands below cli"),
        ("promptkit.render", "import promptkit.measure", "upward, render stands below measure"),
        ("promptkit.render", "from promptkit import measure", "upward, render stands below measure"),
        ("promptkit.read.files", "from ..compose import x", "upward, read stands below compose"),
        ("promptkit.render", "def f():\n    from promptkit.fit import x", "upward, render stands below fit"),
        ("promptkit.render", "if TYPE_CHECKING:\n    from promptkit.fit import x", "upward, render stands below fit"),
        ("promptkit.model", "from promptkit.render import x", "upward, model stands below render"),
        ("promptkit.model", "def f():\n    from promptkit.fit import x", "upward, model stands below fit"),
        ("promptkit.render", "from promptkit.extra import x", "'extra' is in no layer"),
        ("promptkit.extra", "from promptkit.errors import x", "'extra' is in no layer"),
        (
            "promptkit.render",
            "from promptkit import Prompt",
            "import a name from its module, not from the public surface",
        ),
    ],
)
def test_an_upward_import_is_found(name: str, source: str, problem: str) -> None:
    found = layer_problems(imports(name, source), frozenset())
    assert [text.partition(": ")[2].partition(": ")[2] for text in found] == [problem]


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("promptkit.render", "from promptkit.errors import x\nfrom promptkit import __version__, model"),
        ("promptkit.read.files", "from . import other\nfrom .other import x\nfrom ..errors import y\nimport json"),
        ("promptkit.model", "if TYPE_CHECKING:\n    from promptkit.render import x"),
        ("promptkit.model", "def f():\n    from promptkit.render import x"),
        ("promptkit", "from promptkit.cli import x"),
    ],
)
def test_a_downward_import_is_left_alone(name: str, source: str) -> None:
    upward = frozenset({("promptkit.model", "promptkit.render")}) if "def f" in source else frozenset()
    assert layer_problems(imports(name, source, "promptkit.read.other"), upward) == []


def test_a_listed_exception_must_be_used() -> None:
    upward = frozenset({("promptkit.model", "promptkit.render")})
    assert layer_problems(imports("promptkit.model", "x = 1"), upward) == [
        "promptkit.model no longer imports promptkit.render: unlist it"
    ]


def test_a_circle_inside_a_package_is_found() -> None:
    one = Module("promptkit.read.one", "from promptkit.read.two import x")
    two = Module("promptkit.read.two", "def f():\n    from promptkit.read.one import y")
    assert cycle_problems(imports_of([one, two])) == []
    three = Module("promptkit.read.two", "from promptkit.read import one")
    assert len(cycle_problems(imports_of([one, three]))) == 2


@pytest.mark.parametrize(
    ("name", "source", "problem"),
    [
        ("promptkit.render", "import yaml", "only read does"),
        ("promptkit.read", "def f():\n    from jinja2.nodes import Node", "only template does"),
        ("promptkit.model", "if TYPE_CHECKING:\n    import tiktoken", "only tokens does"),
        ("promptkit.read", "import requests", "no layer owns it"),
        ("promptkit", "import click", "only cli does"),
    ],
)
def test_a_library_outside_its_owner_is_found(name: str, source: str, problem: str) -> None:
    assert [text.rpartition(": ")[2] for text in owner_problems(imports(name, source))] == [problem]


def test_a_library_at_its_owner_is_left_alone() -> None:
    assert owner_problems(imports("promptkit.read.events", "import yaml, json, promptkit.errors")) == []


@pytest.mark.parametrize(
    "source",
    ["print(1)", "sys.exit(2)", "click.echo('x')", "os._exit(1)", "raise SystemExit(2)", "import_module('yaml')"],
)
def test_printing_leaving_and_hidden_imports_are_found(source: str) -> None:
    assert len(call_problems(Module("promptkit.read", f"def f():\n    {source}"))) == 1


def test_printing_in_the_command_line_is_left_alone() -> None:
    assert call_problems(Module("promptkit.cli.tokens", "print(1)\nsys.exit(2)")) == []


def test_long_files_long_functions_and_utils_are_found() -> None:
    assert len(size_problems(Module("promptkit.read", "x = 1\n" * 451))) == 1
    assert size_problems(Module("promptkit.read", "x = 1\n" * 450)) == []
    assert len(size_problems(Module("promptkit.read", "def f():\n" + "    x = 1\n" * 45))) == 1
    assert size_problems(Module("promptkit.read", "def f():\n" + "    x = 1\n" * 44)) == []
    assert len(size_problems(Module("promptkit.read.utils", ""))) == 1
