"""Operators, functions, filters and tests that say what they cost before they allocate."""

from __future__ import annotations

import operator
from collections.abc import Iterator, KeysView, Mapping
from functools import wraps
from types import BuiltinMethodType, MethodType
from typing import TYPE_CHECKING, Any, cast

from jinja2.runtime import StrictUndefined, Undefined
from jinja2.utils import generate_lorem_ipsum, pass_context

from promptkit.errors import LimitError, TemplateError
from promptkit.template import formats, methods
from promptkit.template.filters import COSTS, DONE_AGAIN
from promptkit.template.meter import CHARS_A_SCAN, CHARS_A_STEP, MAX_BITS, MAX_DIGITS, SCALARS
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
COMPARING = {
    **{name: name for name in ("==", "!=", "<", "<=", ">", ">=", "in")},
    "eq": "==",
    "equalto": "==",
    "ne": "!=",
    "lt": "<",
    "lessthan": "<",
    "le": "<=",
    "gt": ">",
    "greaterthan": ">",
    "ge": ">=",
}
SEQUENCES = (str, bytes, list, tuple)
COMPARES_A_STEP = 32


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
        return left in searched(meter, left, right)
    if op == "not in":
        return left not in searched(meter, left, right)
    if isinstance(left, str):
        if isinstance(right, str):
            meter.spend(min(len(left), len(right)) // CHARS_A_SCAN)
    elif not isinstance(left, SCALARS) and not isinstance(right, SCALARS):
        meter.weigh(left)
    return OPERATORS[op](left, right)


def searched(meter: Meter, item: Any, within: Any) -> Any:
    """`within`, paid for as something that `item` is looked for in."""
    if isinstance(item, Undefined):
        item._fail_with_undefined_error()
    if isinstance(within, (str, bytes)):
        meter.spend(len(within) // CHARS_A_SCAN)
        return within
    keyed(meter, item)
    if isinstance(within, (Mapping, set, frozenset, KeysView)):
        return within
    if isinstance(within, Iterator):
        return meter.walk(within)
    if hasattr(type(within), "__len__"):
        count = len(within)
        chars = len(item) if isinstance(item, (str, bytes)) else 0
        meter.spend(count // COMPARES_A_STEP + count * chars // CHARS_A_SCAN // 16)
        if not isinstance(item, SCALARS):
            meter.weigh(within)
    return within


def weighed(meter: Meter, value: Any) -> Any:
    """An operand of a chain of comparisons."""
    meter.tick()
    if isinstance(value, (str, bytes)):
        meter.spend(len(value) // CHARS_A_SCAN)
    elif isinstance(value, Iterator):
        return meter.walk(value)
    elif isinstance(value, range):
        meter.items(len(value))
    elif not isinstance(value, SCALARS):
        meter.weigh(value)
    return value


def keyed(meter: Meter, key: Any) -> Any:
    """A key or item: hashing a tuple walks all that is in it."""
    if isinstance(key, (tuple, frozenset)):
        meter.weigh(key)
    return key


def sliced(meter: Meter, value: Any, start: Any, stop: Any, step: Any) -> Any:
    """`value[start:stop:step]`."""
    meter.tick()
    if isinstance(value, (str, bytes)):
        meter.spend(len(range(len(value))[start:stop:step]) >> 6)
    elif isinstance(value, (list, tuple)):
        meter.items(len(range(len(value))[start:stop:step]))
    return value[start:stop:step]


def binop(meter: Meter, op: str, left: Any, right: Any) -> Any:
    """An arithmetic operator."""
    meter.tick()
    if isinstance(left, (int, float)) and isinstance(right, (int, float)):
        if op == "**":
            _powered(left, right)
        return _small(OPERATORS[op](left, right))
    if op == "*":
        _repeated(meter, left, right)
        _repeated(meter, right, left)
    elif op == "%" and isinstance(left, (str, bytes)):
        formats.percent(meter, left, right)
    elif op == "+" and isinstance(left, SEQUENCES) and isinstance(right, SEQUENCES):
        size = len(left) + len(right)
        if isinstance(left, (list, tuple)):
            meter.items(size)
        else:
            escaped = type(left) not in (str, bytes, Traced) or type(right) not in (str, bytes, Traced)
            meter.room(size * formats.ESCAPED if escaped else size)
    return methods.checked(meter, OPERATORS[op](left, right))


def _small(result: Any) -> Any:
    if isinstance(result, int) and result.bit_length() > MAX_BITS:
        raise LimitError(f"an integer of more than {MAX_DIGITS:,} digits")
    return result


def _powered(base: float, exponent: float) -> None:
    if isinstance(base, int) and isinstance(exponent, int) and (base.bit_length() - 1) * abs(exponent) > MAX_BITS:
        raise LimitError(f"an integer of more than {MAX_DIGITS:,} digits")


def _repeated(meter: Meter, value: Any, times: Any) -> None:
    if isinstance(value, SEQUENCES) and isinstance(times, int):
        size = len(value) * max(0, times)
        if isinstance(value, (list, tuple)):
            meter.items(size)
        else:
            meter.room(size)


def call(meter: Meter, context: Any, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A call of anything but a macro."""
    if type(function) in (BuiltinMethodType, MethodType):
        args = methods.pay(meter, function.__self__, function.__name__, args, kwargs)
    elif function is dict:
        args = tuple(methods.sequence(meter, arg) for arg in args)
        for arg in args:
            meter.weigh(arg)
    elif function is generate_lorem_ipsum:
        _lipsum(meter, args, kwargs)
    return methods.checked(meter, context.call(function, *args, **kwargs))


def _lipsum(meter: Meter, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    paragraphs = methods.size(args, kwargs, 0, "n", 5)
    words = max(methods.size(args, kwargs, 2, "min", 20), methods.size(args, kwargs, 3, "max", 100))
    meter.room(16 * max(0, paragraphs) * max(8, words))
    meter.spend(2 * max(0, paragraphs) * max(1, words))


def _metered_test(meter: Meter, name: str, value: Any) -> Any:
    """Pays for the tests that print what they look at."""
    if name in ("upper", "lower"):
        return value if isinstance(value, str) else meter.text(value)
    return keyed(meter, value)


def _plain(function: Callable[..., Any], environment: SandboxedEnvironment) -> Callable[..., Any]:
    """A filter or test that always takes the context, whatever it took before."""
    from jinja2.utils import _PassArg

    passes = _PassArg.from_obj(function)
    if passes is None:
        return lambda _, *args, **kwargs: function(*args, **kwargs)
    if passes is _PassArg.context:
        return function
    if passes is _PassArg.eval_context:
        return lambda context, *args, **kwargs: function(context.eval_ctx, *args, **kwargs)
    return lambda _, *args, **kwargs: function(environment, *args, **kwargs)


def _metered_filter(environment: SandboxedEnvironment, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    from jinja2.utils import _PassArg

    cost, again, lenient = COSTS.get(name), DONE_AGAIN.get(name), name in LENIENT
    bare = _PassArg.from_obj(function) is None  # most filters: spared a call
    inner = function if bare else _plain(function, environment)

    @wraps(function)
    def run(context: Any, value: Any, *args: Any, **kwargs: Any) -> Any:
        meter = context.meter
        meter.left -= 1
        if meter.left < 0:
            meter.fail()
        if type(value) is Traced:
            value = str(value)
        elif not lenient and isinstance(value, StrictUndefined):
            value._fail_with_undefined_error()
        if again is not None:
            result = again(meter, environment, value, *args, **kwargs)
        else:
            if cost is not None:
                value = cost(meter, environment, value, args, kwargs)
            result = inner(value, *args, **kwargs) if bare else inner(context, value, *args, **kwargs)
        if type(result) in FREE or (type(result) is str and len(result) < CHARS_A_STEP):
            return result
        return methods.checked(meter, result)

    return run


def _metered(environment: SandboxedEnvironment, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    operation, lenient = COMPARING.get(name), name in LENIENT
    inner = _plain(function, environment)

    @wraps(function)
    def run(context: Any, value: Any, *args: Any, **kwargs: Any) -> Any:
        meter = context.meter
        meter.tick()
        if not lenient and isinstance(value, StrictUndefined):
            value._fail_with_undefined_error()
        if type(value) is Traced:
            value = str(value)
        if operation is not None and len(args) == 1 and not kwargs:
            return compare(meter, operation, value, args[0])
        return inner(context, _metered_test(meter, name, value), *args, **kwargs)

    return run


def install(environment: SandboxedEnvironment) -> None:
    """Wraps the environment's filters and tests."""
    environment.filters = {name: metered(environment, name, function) for name, function in environment.filters.items()}
    environment.tests = {
        name: _marked(_metered(environment, name, cast("Any", function)))
        for name, function in environment.tests.items()
    }


def metered(environment: SandboxedEnvironment, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """The filter of that name, paying for what it does."""
    return _marked(_metered_filter(environment, name, function))


def _marked(run: Callable[..., Any]) -> Callable[..., Any]:
    for attribute in ("jinja_pass_arg", "jinja_async_variant"):
        run.__dict__.pop(attribute, None)
    return pass_context(run)


FREE = frozenset({bool, float, list, dict})  # results that `checked` lets through
LENIENT = frozenset({"default", "d", "defined", "undefined", "filter", "test"})
NAMESPACE = {"tilde": tilde, "compare": compare, "weighed": weighed, "sliced": sliced, "keyed": keyed}
