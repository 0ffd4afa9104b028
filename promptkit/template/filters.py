"""What filters cost, paid before they run; the few that are done again because they take too much as they are."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from jinja2.filters import make_attrgetter, make_multi_attrgetter
from markupsafe import Markup

from promptkit.errors import LimitError
from promptkit.template import formats, methods
from promptkit.template.meter import CHARS_A_SCAN

if TYPE_CHECKING:
    from jinja2.sandbox import SandboxedEnvironment

    from promptkit.template.meter import Meter

Args = tuple[Any, ...]
Kwargs = dict[str, Any]

WORD = re.compile(r"\w+")
MAX_PRECISION = 400  # decimal places; a float has fewer
MAX_INDENT = 100  # of JSON
MAX_NUMERAL = 10_000  # characters of a text read as a number
SEARCHES_A_STEP = 100


def argument(args: Args, kwargs: Kwargs, index: int, name: str, default: Any = None) -> Any:
    """An argument of a filter, given by place or by name."""
    return args[index] if len(args) > index else kwargs.get(name, default)


def length(meter: Meter, value: Any) -> int:
    """Pays for `value` as text; its characters."""
    if isinstance(value, str):
        meter.spend(len(value) >> 6)
        return len(value)
    return len(meter.text(value))


# -- Texts: each returns the value to go on with


def reads(meter: Meter, environment: SandboxedEnvironment, value: Any, args: Args, kwargs: Kwargs) -> Any:
    """A filter whose text is about as long as it was."""
    if type(value) is str:  # first of all: the most common filters
        meter.left -= len(value) >> 6
    else:
        length(meter, value)
    return value


def titles(meter: Meter, environment: SandboxedEnvironment, value: Any, args: Args, kwargs: Kwargs) -> Any:
    """A filter that takes each word apart."""
    meter.spend(length(meter, value) >> 2)
    return value


def escapes(meter: Meter, environment: SandboxedEnvironment, value: Any, args: Args, kwargs: Kwargs) -> Any:
    """`escape` and `forceescape`."""
    text = value if isinstance(value, str) else meter.text(value)
    meter.room(len(text) + 4 * sum(map(text.count, "&<>\"'")))
    return value


def quotes(meter: Meter, environment: SandboxedEnvironment, value: Any, args: Args, kwargs: Kwargs) -> Any:
    """`urlencode`."""
    if isinstance(value, str):
        chars = len(value)
    else:
        value = list(meter.walk(value)) if not isinstance(value, Mapping) and isinstance(value, Iterable) else value
        chars = meter.weigh(value)
    meter.room(12 * chars)
    meter.spend(chars >> 2)
    return value


def centers(meter: Meter, environment: SandboxedEnvironment, value: Any, args: Args, kwargs: Kwargs) -> Any:
    """`center`."""
    meter.room(max(length(meter, value), methods.size(args, kwargs, 0, "width", 80)))
    return value


def indents(meter: Meter, environment: SandboxedEnvironment, value: Any, args: Args, kwargs: Kwargs) -> Any:
    """`indent`."""
    text = value if isinstance(value, str) else meter.text(value)
    by = argument(args, kwargs, 0, "width", 4)
    margin = len(by) if isinstance(by, str) else by if isinstance(by, int) else 0
    if isinstance(value, Markup):
        margin *= formats.ESCAPED
    lines = 2 + sum(map(text.count, methods.LINE_ENDS))
    meter.items(lines)
    meter.room(len(text) + lines * max(0, margin))
    return value


def truncates(meter: Meter, environment: SandboxedEnvironment, value: Any, args: Args, kwargs: Kwargs) -> Any:
    """`truncate`."""
    end = argument(args, kwargs, 2, "end", "...")
    meter.room(length(meter, value) + (len(end) if isinstance(end, str) else 0))
    return value


def wraps(meter: Meter, environment: SandboxedEnvironment, value: Any, args: Args, kwargs: Kwargs) -> Any:
    """`wordwrap`, which copies a long word for each of its lines."""
    text = value if isinstance(value, str) else meter.text(value)
    width = max(1, methods.size(args, kwargs, 0, "width", 79))
    by = argument(args, kwargs, 2, "wrapstring", "\n")
    meter.spend(len(text) >> 1)
    longest = max(map(len, text.split()), default=0)
    meter.spend(longest * longest // width // 1000)
    breaks = len(text) // width + sum(map(text.count, methods.SPACES)) + text.count("-") + 1
    meter.room(len(text) + breaks * (len(by) if isinstance(by, str) else 1))
    return value


def replaces(meter: Meter, environment: SandboxedEnvironment, value: Any, args: Args, kwargs: Kwargs) -> Any:
    """`replace`."""
    text = value if isinstance(value, str) else meter.text(value)
    old, new = argument(args, kwargs, 0, "old", ""), argument(args, kwargs, 1, "new", "")
    count = argument(args, kwargs, 2, "count")
    texts = tuple(str(one) if isinstance(one, str) else meter.text(one) for one in (old, new))
    methods.replaced(meter, text, (*texts, -1 if count is None else count), {})
    return value


def trims(meter: Meter, environment: SandboxedEnvironment, value: Any, args: Args, kwargs: Kwargs) -> Any:
    """`trim`."""
    chars = argument(args, kwargs, 0, "chars")
    meter.spend(length(meter, value) * (len(chars) if isinstance(chars, str) else 1) >> 12)
    return value


def untags(meter: Meter, environment: SandboxedEnvironment, value: Any, args: Args, kwargs: Kwargs) -> Any:
    """`striptags`."""
    methods.untagged(meter, value if isinstance(value, str) else meter.text(value))
    return value


def links(meter: Meter, environment: SandboxedEnvironment, value: Any, args: Args, kwargs: Kwargs) -> Any:
    """`urlize`: its expressions look at long words again and again."""
    text = value if isinstance(value, str) else meter.text(value)
    meter.spend(len(text) >> 1)
    words = text.split()
    longest = max(map(len, words), default=0)
    meter.spend(longest * longest // SEARCHES_A_STEP)
    extra = sum(len(one) for one in (*args, *kwargs.values()) if isinstance(one, str)) + 60
    meter.room(10 * len(text) + len(words) * extra * formats.ESCAPED)
    return value


def formatted(meter: Meter, environment: SandboxedEnvironment, value: Any, args: Args, kwargs: Kwargs) -> Any:
    """`format`."""
    formats.percent(meter, value if isinstance(value, str) else meter.text(value), kwargs or args)
    return value


def numerals(meter: Meter, environment: SandboxedEnvironment, value: Any, args: Args, kwargs: Kwargs) -> Any:
    """`int` and `float`."""
    if isinstance(value, (str, bytes)) and len(value) > MAX_NUMERAL:
        raise LimitError(f"a number of {len(value):,} characters; at most {MAX_NUMERAL:,} are read")
    return value


def rounds(meter: Meter, environment: SandboxedEnvironment, value: Any, args: Args, kwargs: Kwargs) -> Any:
    """`round`."""
    if abs(methods.size(args, kwargs, 0, "precision")) > MAX_PRECISION:
        raise LimitError(f"round to more than {MAX_PRECISION} places")
    return value


# -- Data


def dumps(meter: Meter, environment: SandboxedEnvironment, value: Any, args: Args, kwargs: Kwargs) -> Any:
    """`tojson`."""
    indent = argument(args, kwargs, 0, "indent")
    if indent is not None and (len(indent) if isinstance(indent, str) else indent) > MAX_INDENT:
        raise LimitError(f"JSON indented by more than {MAX_INDENT}")
    before = meter.left
    chars = meter.weigh(value, escaped=6)
    if indent is not None:
        depth, _ = _shape(meter, value)
        chars += 2 * (before - meter.left) * depth * (len(indent) if isinstance(indent, str) else indent)
    meter.room(chars)
    return value


def prints_pretty(meter: Meter, environment: SandboxedEnvironment, value: Any, args: Args, kwargs: Kwargs) -> Any:
    """`pprint`, which prints every value once for each level that it is in."""
    before = meter.left
    chars = meter.weigh(value)
    nodes = before - meter.left
    depth, margin = _shape(meter, value)
    meter.spend((nodes + chars // 8) * (depth + 1))
    meter.room(2 * chars + margin * (nodes + chars // 2))
    return value


def _shape(meter: Meter, value: Any) -> tuple[int, int]:
    """How deep data is, and how far `pprint` indents the deepest of it."""
    deepest = margin = 0
    stack = [(value, 1, 1)]
    while stack:
        item, depth, left = stack.pop()
        meter.tick()
        deepest, margin = max(deepest, depth), max(margin, left)
        if isinstance(item, Mapping):
            stack.extend((one, depth + 1, left + 4 + len(str(key))) for key, one in item.items())
        elif isinstance(item, (list, tuple)):
            stack.extend((one, depth + 1, left + 1) for one in item)
    return deepest, margin


def attributes(meter: Meter, environment: SandboxedEnvironment, value: Any, args: Args, kwargs: Kwargs) -> Any:
    """`xmlattr`."""
    meter.room(formats.ESCAPED * meter.weigh(value))
    return value


# -- Collections


def walks(meter: Meter, environment: SandboxedEnvironment, value: Any, args: Args, kwargs: Kwargs) -> Any:
    """A filter that looks at one item after the other, when asked."""
    return meter.walk(value) if value else value


def collects(meter: Meter, environment: SandboxedEnvironment, value: Any, args: Args, kwargs: Kwargs) -> Any:
    """A filter that looks at all items at once."""
    return methods.sequence(meter, value)


def batches(meter: Meter, environment: SandboxedEnvironment, value: Any, args: Args, kwargs: Kwargs) -> Any:
    """`batch` and `slice`, whose rows may be filled up."""
    for name in ("linecount", "slices"):
        meter.items(max(0, methods.size(args, kwargs, 0, name)))
    return meter.walk(value)


def _ranked(meter: Meter, keys: list[Any], times: int) -> None:
    chars = meter.weigh(keys)
    meter.spend((chars // CHARS_A_SCAN + len(keys) // 16) * times)


def _ranks(meter: Meter, value: Any, attribute: Any, getter: Any, sorts: bool) -> Any:  # noqa: FBT001
    items = methods.sequence(meter, value)
    if isinstance(items, Iterable):
        keys = list(items) if attribute is None else [getter(item) for item in meter.walk(items)]
        _ranked(meter, keys, len(keys).bit_length() if sorts else 1)
    return items


def sorts(meter: Meter, environment: SandboxedEnvironment, value: Any, args: Args, kwargs: Kwargs) -> Any:
    """`sort`."""
    attribute = argument(args, kwargs, 2, "attribute")
    return _ranks(meter, value, attribute, make_multi_attrgetter(environment, attribute), sorts=True)


def groups(meter: Meter, environment: SandboxedEnvironment, value: Any, args: Args, kwargs: Kwargs) -> Any:
    """`groupby`."""
    attribute = argument(args, kwargs, 0, "attribute")
    default = argument(args, kwargs, 1, "default")
    return _ranks(meter, value, attribute, make_attrgetter(environment, attribute, default=default), sorts=True)


def compares(meter: Meter, environment: SandboxedEnvironment, value: Any, args: Args, kwargs: Kwargs) -> Any:
    """`min`, `max` and `unique`."""
    attribute = argument(args, kwargs, 1, "attribute")
    return _ranks(meter, value, attribute, make_attrgetter(environment, attribute), sorts=False)


def sorts_mapping(meter: Meter, environment: SandboxedEnvironment, value: Any, args: Args, kwargs: Kwargs) -> Any:
    """`dictsort`."""
    if isinstance(value, Mapping):
        meter.items(len(value))
        by = argument(args, kwargs, 1, "by", "key")
        keys = list(value.values() if by == "value" else value)
        _ranked(meter, keys, len(keys).bit_length())
    return value


# -- Done again


def joined(meter: Meter, environment: SandboxedEnvironment, value: Any, d: Any = "", attribute: Any = None) -> str:
    """`join`."""
    items = methods.sequence(meter, value)
    if attribute is not None:
        items = list(map(make_attrgetter(environment, attribute), items))
    texts = [item if type(item) is str else meter.text(item) for item in items]
    delimiter = str(d) if isinstance(d, str) else meter.text(d)
    meter.room(sum(map(len, texts)) + len(delimiter) * len(texts))
    return delimiter.join(texts)


def summed(meter: Meter, environment: SandboxedEnvironment, value: Any, attribute: Any = None, start: Any = 0) -> Any:
    """`sum`."""
    from promptkit.template.bounds import binop

    getter = None if attribute is None else make_attrgetter(environment, attribute)
    if isinstance(start, str):
        raise TypeError("sum() can't sum strings [use ''.join(seq) instead]")
    total = start
    for item in value:
        total = binop(meter, "+", total, item if getter is None else getter(item))
    return total


def counted(meter: Meter, environment: SandboxedEnvironment, value: Any) -> int:
    """`wordcount`."""
    text = value if isinstance(value, str) else meter.text(value)
    meter.spend(len(text) >> 4)
    return sum(1 for _ in WORD.finditer(text))


COSTS: dict[str, Any] = {
    **dict.fromkeys(("capitalize", "lower", "upper", "safe", "string"), reads),
    **dict.fromkeys(("escape", "e", "forceescape"), escapes),
    **dict.fromkeys(("int", "float", "filesizeformat"), numerals),
    **dict.fromkeys(("map", "select", "reject", "selectattr", "rejectattr"), walks),
    **dict.fromkeys(("list", "reverse"), collects),
    **dict.fromkeys(("batch", "slice"), batches),
    **dict.fromkeys(("min", "max", "unique"), compares),
    "center": centers,
    "dictsort": sorts_mapping,
    "format": formatted,
    "groupby": groups,
    "indent": indents,
    "pprint": prints_pretty,
    "replace": replaces,
    "round": rounds,
    "sort": sorts,
    "striptags": untags,
    "title": titles,
    "tojson": dumps,
    "trim": trims,
    "truncate": truncates,
    "urlencode": quotes,
    "urlize": links,
    "wordwrap": wraps,
    "xmlattr": attributes,
}
DONE_AGAIN: dict[str, Any] = {"join": joined, "sum": summed, "wordcount": counted}
