"""What generated code runs in: the sandboxed environment, its contexts, modules and undefined values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn, cast

from jinja2.environment import Template as Code
from jinja2.environment import TemplateModule
from jinja2.exceptions import TemplateNotFound, UndefinedError
from jinja2.runtime import Context, StrictUndefined, Undefined
from jinja2.runtime import Macro as MacroFunction
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import missing
from markupsafe import Markup

from promptkit.errors import TemplateError
from promptkit.template import bounds, formats
from promptkit.template.trace import Origin, Site, Traced, join

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from promptkit.template.meter import Meter
    from promptkit.template.trace import Part, Unit


DICT_ATTRIBUTES = frozenset(dir(dict))


class MissingNameError(UndefinedError):
    """An undefined value was used. `name` is set when it is one of the scope's, rather than an attribute."""

    def __init__(self, message: str, name: str | None, known: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.name = name
        self.known = known


class Missing(StrictUndefined):
    """An undefined value: everything but `is defined` and `default` is an error that names it."""

    __slots__ = ()

    def __init__(self, hint: str | None = None, obj: Any = missing, name: Any = None, exc: Any = None) -> None:
        super().__init__(hint, obj, name, exc or cast("Any", self._error))

    def _error(self, _: str | None = None) -> MissingNameError:
        obj, name = self._undefined_obj, self._undefined_name
        if self._undefined_hint:
            return MissingNameError(self._undefined_hint, None)
        if obj is missing:
            return MissingNameError(f"'{name}' is undefined", str(name))
        known = tuple(key for key in obj if isinstance(key, str)) if isinstance(obj, dict) else ()
        if isinstance(name, str):
            return MissingNameError(f"{_kind(obj)} has no '{name}'", name if known else None, known)
        return MissingNameError(f"{_kind(obj)} has no element {name!r}", None)

    def fail(self) -> NoReturn:
        """The error that any use of the value is."""
        self._fail_with_undefined_error()

    def __repr__(self) -> str:
        return self.fail()


def _kind(obj: object) -> str:
    return {"dict": "the mapping", "list": "the list", "str": "the text"}.get(type(obj).__name__, type(obj).__name__)


class Run:
    """One render: its meter, its scope, and the modules it has imported."""

    __slots__ = ("meter", "modules", "scope")

    def __init__(self, meter: Meter, scope: Mapping[str, object]) -> None:
        self.meter = meter
        self.scope = scope
        self.modules: dict[int, Module] = {}


class TracingContext(Context):
    """A context that knows its render and where its names come from."""

    run: Run
    meter: Meter
    origin: Origin

    def begin(self, run: Run, origin: Origin) -> None:
        """Ties the context to its render."""
        self.run = run
        self.meter = run.meter
        self.origin = origin

    def derived(self, locals: dict[str, Any] | None = None, link: Site | None = None) -> TracingContext:  # noqa: A002
        """A context with locals on top, for scoped blocks and for functions that look at it."""
        context = super().derived(locals)
        assert isinstance(context, TracingContext)
        context.begin(self.run, self.origin if link is None else Origin(self.origin, link, ()))
        return context

    def show(self, value: Any, site: Site) -> Part:
        """What printing `value` adds to the output."""
        if type(value) is str:
            meter = self.meter
            meter.left -= 1 + (len(value) >> 6)
            if meter.left < 0:
                meter.fail()
            return (value, site, self.origin)
        return (self._text(value, site.label), site, self.origin)

    def _text(self, value: Any, label: str) -> str:
        meter = self.meter
        if type(value) is Traced:
            meter.spend(1 + (value.size >> 3) + (len(value) >> 6))
            return str(value) if value.sealed else value
        if value is None:
            raise TemplateError(f"{label} is None, and None is not printed; test it first or give it a default")
        if type(value) is Module:
            return join(value._parts)
        if isinstance(value, Undefined):
            return str(value)
        return meter.text(value)


class Module(TemplateModule):
    """An imported template: its exported names, and what it printed."""

    def __init__(self, code: Code, context: TracingContext) -> None:
        super().__init__(code, context, list(code.root_render_func(context)))

    @property
    def _parts(self) -> list[Part]:
        return self._body_stream  # type: ignore[return-value]

    def __str__(self) -> str:
        return str(join(self._parts))

    def __html__(self) -> Markup:
        return Markup(str(self))  # noqa: S704  (what Jinja2's own modules do)


class Sandbox(ImmutableSandboxedEnvironment):
    """The environment of generated code. `find` gives the code of a template, or None where there is none."""

    intercepted_binops = frozenset(ImmutableSandboxedEnvironment.default_binop_table)
    context_class = TracingContext
    concat = staticmethod(join)  # type: ignore[assignment]

    def __init__(self, find: Callable[[str], Code | None]) -> None:
        super().__init__(undefined=Missing, optimized=False, cache_size=0)
        self.policies["json.dumps_kwargs"] = {"sort_keys": True, "default": _unserialised}
        self.find = find
        bounds.install(self)

    def getattr(self, obj: Any, attribute: str) -> Any:
        """`obj.attribute`. A mapping's own attributes come first, as everywhere in Jinja2; then its keys."""
        if type(obj) is dict and attribute not in DICT_ATTRIBUTES:
            try:
                return obj[attribute]
            except KeyError:
                return Missing(obj=obj, name=attribute)
        return super().getattr(obj, attribute)

    def get_template(self, name: Any, parent: str | None = None, globals: Any = None) -> Code:  # noqa: A002, ARG002
        """The code of a template by name."""
        if isinstance(name, Undefined):
            name._fail_with_undefined_error()
        if not isinstance(name, str):
            raise TemplateError(f"the name of a template is a text, not {type(name).__name__}")
        code = self.find(str(name))
        if code is None:
            raise TemplateNotFound(name)
        return code

    def select(self, name: Any, meter: Meter) -> Code:
        """The first template of a list of names, or the one of that name."""
        if isinstance(name, (str, Undefined)) or not isinstance(name, (list, tuple)):
            return self.get_template(name)
        for one in meter.walk(name):
            try:
                return self.get_template(one)
            except TemplateNotFound:
                continue
        raise TemplateNotFound(", ".join(map(str, name)) or "an empty list")

    def context(self, code: Code, parent: TracingContext, link: Site, passed: dict[str, Any] | None) -> TracingContext:
        """The context of an include or import."""
        if not link.context:
            context = code.new_context({})
            origin = Origin(None, None, ())
        else:
            context = code.new_context(parent.get_all(), shared=True, locals=passed)
            origin = Origin(parent.origin, link, ())
        assert isinstance(context, TracingContext)
        context.begin(parent.run, origin)
        return context

    def include(
        self,
        context: TracingContext,
        link: Site,
        name: Any,
        passed: dict[str, Any] | None,
        ignore_missing: bool,  # noqa: FBT001
    ) -> Iterator[Part]:
        """What an include prints."""
        try:
            code = self.select(name, context.meter)
        except TemplateNotFound:
            if ignore_missing:
                return
            raise
        assert link.targets is not None
        link.targets.add(unit_of(code))
        meter = context.meter
        meter.tick()
        if not link.context:
            for part in self.module(context, link, code)._parts:
                meter.tick()
                yield (part, link, context.origin)
            return
        meter.enter()
        yield from code.root_render_func(self.context(code, context, link, passed))  # type: ignore[misc]
        meter.leave()

    def imported(self, context: TracingContext, link: Site, name: Any, passed: dict[str, Any] | None) -> Module:
        """The module that an import makes."""
        code = self.get_template(name)
        assert link.targets is not None
        link.targets.add(unit_of(code))
        context.meter.tick()
        if not link.context:
            return self.module(context, link, code)
        return self.run_module(self.context(code, context, link, passed), code)

    def module(self, context: TracingContext, link: Site, code: Code) -> Module:
        """The module of a template that does not see the context: one a render."""
        modules = context.run.modules
        if id(code) not in modules:
            modules[id(code)] = self.run_module(self.context(code, context, link, None), code)
        return modules[id(code)]

    def run_module(self, context: TracingContext, code: Code) -> Module:
        """Runs a template for its exported names."""
        context.meter.enter()
        module = Module(code, context)
        context.meter.leave()
        return module

    def call(self, context: TracingContext, site: Site, obj: Any, /, *args: Any, **kwargs: Any) -> Any:  # type: ignore[override]
        """Calls a function from a template."""
        meter = context.meter
        meter.tick()
        if type(obj) is MacroFunction:
            kwargs.pop("_loop_vars", None)
            kwargs.pop("_block_vars", None)
            meter.enter()
            result = obj(*args, **kwargs)
            meter.leave()
        else:
            if not self.is_safe_callable(obj):
                raise TemplateError(f"{type(obj).__name__} is not safely callable")
            if isinstance(obj, Undefined):
                obj._fail_with_undefined_error()
            meter.enter()
            result = bounds.call(meter, context, obj, args, kwargs)
            meter.leave()
        if type(result) is Traced:
            if result.macro is not None and result.call is None:
                result.call = site
                result.called_in = context.origin
            meter.spend(len(result) >> 6)
        return result

    def wrap_str_format(self, value: Any) -> Callable[..., str] | None:
        """`str.format` and `str.format_map`, sandboxed and within bounds."""
        if super().wrap_str_format(value) is None:
            return None
        return formats.formatting(self, value.__self__, value.__name__ == "format_map")

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """An arithmetic operator, within bounds."""
        assert isinstance(context, TracingContext)
        return bounds.binop(context.meter, operator, left, right)


def _unserialised(value: object) -> NoReturn:
    """What `tojson` does with a value that JSON has no form for."""
    if isinstance(value, Missing):
        value.fail()
    raise TypeError(f"{type(value).__name__} has no form in JSON")


def unit_of(code: Code) -> Unit:
    """The unit of a compiled template."""
    return code.unit  # type: ignore[attr-defined, no-any-return]
