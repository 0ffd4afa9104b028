"""Templates and expressions over texts: parsed and compiled when first needed, rendered within a budget."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from promptkit.errors import PromptkitError, StillError, TemplateError, did_you_mean
from promptkit.template.failure import failed, syntax_problem
from promptkit.template.meter import Meter
from promptkit.template.plain import Field, Tag, fields, tags, unsafe
from promptkit.template.trace import Origin, Site, Traced, Unit, join

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from jinja2 import nodes
    from jinja2.environment import Template as Code

    from promptkit.content import Text
    from promptkit.errors import Problem
    from promptkit.template.atoms import Atom, Syntax
    from promptkit.template.names import Needs
    from promptkit.template.outline import Node
    from promptkit.template.runtime import Sandbox, TracingContext


_UNREAD: tuple[Tag, ...] = (Tag("", 0, included=False),)


class Engine:
    """Compiles templates and gives them each other by name. Safe to use from several threads.

    `load` gives the Text that an include, import or extends names, None where there is none; it must give the same
    Text each time. A literal Text is inserted as it is. `names` lists what `load` knows, for its errors' hints.
    Names that start with `std/` are promptkit's own: `trim_blocks` and `lstrip_blocks` are for all others.
    One that is `still` compiles nothing and runs nothing: asked to, it raises StillError.
    """

    def __init__(
        self,
        load: Callable[[str], Text | None],
        *,
        names: Callable[[], Iterable[str]] = tuple,
        trim_blocks: bool = False,
        lstrip_blocks: bool = False,
        still: bool = False,
    ) -> None:
        self.load = load
        self.names = names
        self.trim_blocks = trim_blocks
        self.lstrip_blocks = lstrip_blocks
        self.still = still
        self._templates: dict[Text, Template] = {}
        self._expressions: dict[Text, Expression] = {}
        self._named: dict[str, Template] = {}
        self._syntaxes: dict[bool, Syntax] = {}
        self._made_sandbox: Sandbox | None = None

    def template(self, text: Text) -> Template:
        """The template of a text: the same one for the same text."""
        found = self._templates.get(text)
        if found is None:
            found = self._templates.setdefault(text, Template(self, text))
        return found

    def expression(self, text: Text) -> Expression:
        """The text as a bare Jinja expression, as in `when`: the same one for the same text."""
        found = self._expressions.get(text)
        if found is None:
            found = self._expressions.setdefault(text, Expression(self, text))
        return found

    def named(self, name: str) -> Template | None:
        """The template that an include or import of `name` gives, None where there is none."""
        found = self._named.get(name)
        if found is not None:
            return found
        if unsafe(name):
            raise TemplateError(f"'{name}' leads out of the library; name a block or partial")
        text = self.load(name)
        if text is None:
            return None
        self._named[name] = self.template(text)
        return self._named[name]

    def syntax(self, name: str) -> Syntax:
        """The lexer's settings for a template of that name."""
        stock = name.startswith("std/")
        if stock not in self._syntaxes:
            from promptkit.template.atoms import Syntax  # here: most texts need no engine, and it takes 60 ms

            self._syntaxes[stock] = Syntax(
                trim_blocks=self.trim_blocks and not stock,
                lstrip_blocks=self.lstrip_blocks and not stock,
                keep_trailing_newline=True,
                cache_size=0,
            )
        return self._syntaxes[stock]

    @property
    def sandbox(self) -> Sandbox:
        """What all generated code runs in."""
        if self._made_sandbox is None:
            from promptkit.template.runtime import Sandbox  # here: it imports jinja2

            self._made_sandbox = Sandbox(self._find)
        return self._made_sandbox

    def _find(self, name: str) -> Code | None:
        template = self.named(name)
        return None if template is None else template.code


N = TypeVar("N", bound="nodes.Node")


class _Compiled:
    """A text and what is made of it on demand."""

    def __init__(self, engine: Engine, text: Text) -> None:
        self.engine = engine
        self.text = text
        self._tree: nodes.Template | None = None
        self._kinds: dict[type[nodes.Node], list[Any]] | None = None
        self._fault: PromptkitError | None = None
        self._needs: Needs | None = None
        self._code: Code | None = None

    def _parse(self) -> nodes.Template:
        raise NotImplementedError

    @property
    def tree(self) -> nodes.Template:
        """The parsed template; TemplateError where it cannot be parsed."""
        if self._fault is not None:
            raise self._fault.with_traceback(None)
        if self._tree is None:
            try:
                self._tree = self._parse()
            except (PromptkitError, MemoryError) as error:  # a limit of this moment
                raise _unparsed(error, self.text) from error
            except Exception as error:
                self._fault = _unparsed(error, self.text)
                raise self._fault from error
        return self._tree

    def every(self, *kinds: type[N]) -> list[N]:
        """All nodes of these kinds in its tree, those of each kind in their order. TemplateError as for `tree`."""
        if self._kinds is None:
            from promptkit.template.check import walk

            found: dict[type[nodes.Node], list[Any]] = {}
            for node in walk(self.tree):
                found.setdefault(type(node), []).append(node)
            self._kinds = found
        return [node for kind in kinds for node in self._kinds.get(kind, ())]

    @property
    def needs(self) -> Needs:
        """The names that it looks up in its scope, by parsing alone."""
        if self._needs is None:
            from promptkit.template.names import needs

            self._needs = needs(self)  # type: ignore[arg-type]
        return self._needs

    @property
    def code(self) -> Code:
        """The compiled template; TemplateError where it cannot be compiled."""
        if self._code is None:
            if self.engine.still:
                raise StillError("is computed, and nothing is run here", self.text.span(1))
            tree = self.tree
            try:
                self._code = _compile(self.engine.sandbox, tree, self.text)
            except Exception as error:
                raise _unparsed(error, self.text) from error
        return self._code

    def _run(self, scope: Mapping[str, object], meter: Meter) -> tuple[TracingContext, list[Any]]:
        from promptkit.template.runtime import Run

        depth = meter.depth
        try:
            code = self.code
            context: Any = code.new_context(dict(scope))
            context.begin(Run(meter, scope), Origin(None, None, scope))
            return context, list(code.root_render_func(context))
        except Exception as error:
            raise failed(error, self.text, scope, self.engine.names()) from error
        finally:
            meter.depth = depth


class Template(_Compiled):
    """One text as a template. `fields` is None where it needs the engine."""

    def __init__(self, engine: Engine, text: Text) -> None:
        super().__init__(engine, text)
        self.fields = (text.source,) if text.literal else fields(text.source)
        self._sites: list[Site] | None = None
        self._tags: tuple[Tag, ...] | None = _UNREAD
        self._references: list[tuple[str, int, bool]] | None = None
        self._atoms: tuple[Atom, ...] | None = None
        self._outline: tuple[Node, ...] | None = None
        self._included: dict[str, Text] | None = None

    def _parse(self) -> nodes.Template:
        from jinja2 import nodes

        if self.text.literal:
            data = nodes.TemplateData(self.text.source, lineno=1)
            return nodes.Template([nodes.Output([data], lineno=1)], lineno=1)
        syntax = self.engine.syntax(self.text.name)
        tree = syntax.parse(self.text.source)
        if self.engine.still:
            from promptkit.template.atoms import atoms_of

            self._atoms = atoms_of(self.text.source, syntax)
        return tree

    @property
    def atoms(self) -> tuple[Atom, ...]:
        """Its words, tags and comments by their offsets. TemplateError where it cannot be parsed."""
        if self._atoms is None:
            from promptkit.template.atoms import atoms

            self._atoms = atoms(self)
        return self._atoms

    @property
    def outline(self) -> tuple[Node, ...]:
        """What it can print: see `promptkit.template.outline`."""
        if self._outline is None:
            from promptkit.template.outline import outline

            self._outline = outline(self)
        return self._outline

    @property
    def escapes(self) -> tuple[tuple[int, int, str], ...]:
        """What in it reaches for Python's internals: from, to, and what it is."""
        from promptkit.template.escapes import escapes  # here: it imports jinja2

        return escapes(self)

    @property
    def tags(self) -> tuple[Tag, ...] | None:
        """Its tags, None where the parser is needed to know them."""
        if self._tags is _UNREAD:
            self._tags = () if self.text.literal else tags(self.text.source)
        return self._tags

    @property
    def references(self) -> list[tuple[str, int, bool]]:
        """The constant names that it asks for: name, line, and whether it may be missing."""
        if self._references is None:
            from promptkit.template.check import references

            self._references = references(self)
        return self._references

    def check(self) -> list[Problem]:
        """What is wrong with the template, by parsing alone."""
        from promptkit.template.check import check

        return check(self)

    @property
    def included(self) -> dict[str, Text]:
        """The texts that it can include, import or extend, by those names."""
        if self._included is None:
            from promptkit.template.check import included

            self._included = included(self)
        return self._included

    def render(self, scope: Mapping[str, object], meter: Meter | None = None) -> Traced:
        """The template's text for the values of `scope`, by name.

        `meter` is the budget, shared by all templates of one prompt. TemplateError or LimitError, at the template's
        own line.
        """
        meter = Meter() if meter is None else meter
        if self.fields is not None:
            parts = self._fill(self.fields, scope, meter)
        else:
            _, parts = self._run(scope, meter)
        try:
            traced = join(parts)
            meter.spend(len(traced) // 64 + traced.size // 2)
        except TemplateError as error:
            raise type(error)(error.message, self.text.span(1)) from error
        traced.sealed = True
        return traced

    def _fill(self, parts: tuple[str | Field, ...], scope: Mapping[str, object], meter: Meter) -> list[Any]:
        """What `show` gives for each part, without the engine."""
        origin = Origin(None, None, scope)
        filled: list[Any] = []
        for part, site in zip(parts, self._field_sites(parts), strict=True):
            if isinstance(part, str):
                filled.append((part, site, origin))
                continue
            try:
                value = scope[part.name]
            except KeyError as error:
                message = f"'{part.name}' is undefined{did_you_mean(part.name, scope)}"
                raise TemplateError(message, self.text.span(part.line)) from error
            if type(value) is str:
                meter.spend(1 + (len(value) >> 6))
                filled.append((value, site, origin))
            else:
                filled.append((self._printed(part, value, meter), site, origin))
        return filled

    def _printed(self, field: Field, value: object, meter: Meter) -> str:
        if type(value) is Traced and not value.sealed:
            meter.spend(1 + (value.size >> 3) + (len(value) >> 6))
            return value
        if value is None:
            message = f"'{field.name}' is None, and None is not printed; test it first or give it a default"
            raise TemplateError(message, self.text.span(field.line))
        try:
            return meter.text(value)
        except Exception as error:
            raise failed(error, self.text, {}, ()) from error

    def _field_sites(self, parts: tuple[str | Field, ...]) -> list[Site]:
        if self._sites is None:
            sites, line = [], 1
            unit = Unit(self.text, {}, set())
            for part in parts:
                if isinstance(part, str):
                    sites.append(Site(unit, line, authored=True))
                    line += part.count("\n")
                else:
                    sites.append(Site(unit, part.line, frozenset({part.name})))
                    line = part.last
            self._sites = sites
        return self._sites


class Expression(_Compiled):
    """One bare Jinja expression."""

    def _parse(self) -> nodes.Template:
        from jinja2 import nodes
        from jinja2.exceptions import TemplateSyntaxError
        from jinja2.parser import Parser

        parser = Parser(self.engine.syntax(self.text.name), self.text.source, state="variable")
        expression = parser.parse_expression()
        if not parser.stream.eos:
            raise TemplateSyntaxError("more text after the expression", parser.stream.current.lineno)
        result = nodes.Assign(nodes.Name("result", "store", lineno=1), expression, lineno=expression.lineno)
        return nodes.Template([result], lineno=1)

    def evaluate(self, scope: Mapping[str, object], meter: Meter | None = None) -> object:
        """The expression's value. TemplateError where it is undefined."""
        from jinja2.runtime import Undefined

        context, _ = self._run(scope, Meter() if meter is None else meter)
        value = context.vars["result"]
        if isinstance(value, Undefined):
            try:
                value._fail_with_undefined_error()
            except Exception as error:
                raise failed(error, self.text, scope, ()) from error
        return str(value) if type(value) is Traced else value


def _unparsed(error: Exception, text: Text) -> PromptkitError:
    if isinstance(error, PromptkitError):
        return error
    span, message = syntax_problem(error, text)
    return TemplateError(message, span)


def _compile(sandbox: Sandbox, tree: nodes.Template, text: Text) -> Code:
    from jinja2 import nodes
    from jinja2.environment import Template as Code

    from promptkit.template.bounds import NAMESPACE
    from promptkit.template.codegen import TracingGenerator

    unit = Unit(text, {}, set())
    generator = TracingGenerator(sandbox, unit)
    generator.visit(tree)
    if tree.find(nodes.NSRef) is not None:  # what a loop's later rounds put into a namespace, its earlier lines print
        unit = Unit(text, {}, set())
        carried = generator.flows.assigned
        generator = TracingGenerator(sandbox, unit, carried)
        generator.visit(tree)
    source = generator.stream.getvalue()  # type: ignore[attr-defined]
    module: dict[str, Any] = {"environment": sandbox, "__file__": text.name, **NAMESPACE, **generator.sites}
    exec(compile(source, f"<template {text.name}>", "exec"), module)  # noqa: S102  (what Jinja2 does)
    code = Code._from_namespace(sandbox, module, sandbox.make_globals(None))
    code.unit = unit  # type: ignore[attr-defined]
    return code
