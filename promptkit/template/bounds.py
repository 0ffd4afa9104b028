"""Operators, functions, filters and tests that say what they cost before they allocate."""

from __future__ import annotations

import operator
from functools import wraps
from typing import TYPE_CHECKING, Any

from jinja2.runtime import Undefined
from jinja2.utils import pass_context

from promptkit.errors import TemplateError
from promptkit.template.meter import CHARS_A_SCAN
from promptkit.template.trace import Traced

if TYPE_CHECKING:
    from collections.abc import Callable

    from jinja2.sandbox import SandboxedEnvironment

    from promptkit.template.meter import Meter

OPERATORS = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
    "**": operator.pow,
}


def tilde(meter: Meter, values: tuple[object, ...]) -> str:
    """`a ~ b`."""
    if any(value is None for value in values):
        raise TemplateError("a None joined to text; test it first or give it a default")
    texts = [value if type(value) is str else meter.text(value) for value in values]
    meter.room(sum(map(len, texts)))
    return "".join(texts)


def compare(meter: Meter, op: str, left: Any, right: Any) -> Any:
    """A comparison of values that may both be large."""
    meter.tick()
    if op == "in":
        return left in right
    if op == "not in":
        return left not in right
    return OPERATORS[op](left, right)


def weighed(meter: Meter, value: Any) -> Any:
    """An operand of a chain of comparisons."""
    meter.tick()
    return value


def sliced(meter: Meter, value: Any, start: Any, stop: Any, step: Any) -> Any:
    """`value[start:stop:step]`."""
    meter.tick()
    return value[start:stop:step]


def binop(meter: Meter, op: str, left: Any, right: Any) -> Any:
    """An arithmetic operator."""
    meter.tick()
    return OPERATORS[op](left, right)


def call(meter: Meter, context: Any, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A call of anything but a macro."""
    result = context.call(function, *args, **kwargs)
    if isinstance(result, str) and type(result) is not Traced:
        meter.room(len(result))
    return result


def install(environment: SandboxedEnvironment) -> None:
    """Wraps the environment's filters and tests."""
    from jinja2.utils import _PassArg

    def metered(function: Callable[..., Any], name: str, kind: str) -> Callable[..., Any]:
        passes = _PassArg.from_obj(function)
        lenient = name in LENIENT[kind]

        @pass_context
        @wraps(function)
        def run(context: Any, value: Any, *args: Any, **kwargs: Any) -> Any:
            meter = context.meter
            meter.tick()
            if not lenient and isinstance(value, Undefined):
                value._fail_with_undefined_error()
            if type(value) is Traced:
                value = str(value)
            if passes is None:
                result = function(value, *args, **kwargs)
            elif passes is _PassArg.context:
                result = function(context, value, *args, **kwargs)
            elif passes is _PassArg.eval_context:
                result = function(context.eval_ctx, value, *args, **kwargs)
            else:
                result = function(environment, value, *args, **kwargs)
            return result

        for attribute in ("jinja_pass_arg", "jinja_async_variant"):
            run.__dict__.pop(attribute, None)
        return pass_context(run)

    environment.filters = {name: metered(function, name, "filter") for name, function in environment.filters.items()}
    environment.tests = {name: metered(function, name, "test") for name, function in environment.tests.items()}


LENIENT = {"filter": frozenset({"default", "d"}), "test": frozenset({"defined", "undefined", "filter", "test"})}
NAMESPACE = {"tilde": tilde, "compare": compare, "weighed": weighed, "sliced": sliced}
_ = CHARS_A_SCAN
