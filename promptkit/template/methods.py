"""What methods of texts, numbers and collections cost, paid before they run."""

from __future__ import annotations

from collections.abc import ItemsView, Iterable, Iterator, KeysView, Mapping, ValuesView
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from promptkit.errors import LimitError, TemplateError
from promptkit.template.formats import ESCAPED
from promptkit.template.meter import CHARS_A_SCAN, MAX_BITS, MAX_CHARS, MAX_DIGITS, SCALARS

if TYPE_CHECKING:
    from promptkit.template.meter import Meter

Args = tuple[Any, ...]

SPACES = (
    " \t\n\r\x0b\x0c\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
)
SPACES += "\u2028\u2029\u202f\u205f\u3000"
LINE_ENDS = "\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"
CODECS = frozenset(
    {"utf8", "ascii", "latin1", "iso88591", "utf16", "utf16le", "utf16be", "utf32", "utf32le", "utf32be"}
)
MAX_OTHER_CODEC = 1_000  # some take time quadratic in the length
VIEWS = (KeysView, ValuesView, ItemsView)
MAX_SPAN = 10_000  # characters moved in a microsecond


def pay(  # noqa: C901 (one way out for each kind of owner)
    meter: Meter, owner: Any, name: str, args: Args, kwargs: dict[str, Any]
) -> Args:
    """Pays for `owner.name(...)`; the arguments, iterators among them replaced by metered ones."""
    if isinstance(owner, (str, bytes)):
        meter.spend(len(owner) >> 6)
        if name == "join" and args:
            args = (sequence(meter, args[0]), *args[1:])
        for arg in args:
            if isinstance(arg, (str, bytes)):
                meter.spend(len(arg) >> 6)
        rule = TEXT.get(name)
        if rule is not None:
            rule(meter, owner, args, kwargs)
    elif owner is None or isinstance(owner, type):  # dict.fromkeys, str.maketrans, int.from_bytes
        args = tuple(arg if isinstance(arg, int) else sequence(meter, arg) for arg in args)
    elif isinstance(owner, int):
        _number(meter, name, args, kwargs)
    elif isinstance(owner, (list, tuple, dict, range, set, frozenset, *VIEWS)):
        args = tuple(sequence(meter, arg) if isinstance(arg, Iterator) else arg for arg in args)
        for arg in args:
            if not isinstance(arg, SCALARS):
                meter.weigh(arg)
        if name not in ("get", "items", "keys", "values"):
            meter.items(len(owner))
            if name in ("index", "count") and args and isinstance(args[0], str):
                meter.spend(len(owner) * len(args[0]) // CHARS_A_SCAN)
    elif name == "changed":
        for arg in args:
            meter.weigh(arg)
    return args


def sequence(meter: Meter, value: Any) -> Any:
    """`value`, paid for as something that is walked at once; a list where it can be walked only once."""
    if isinstance(value, (str, bytes)) or hasattr(type(value), "__len__"):
        meter.items(len(value))
        return value
    return list(meter.walk(value)) if isinstance(value, Iterable) else value


def checked(meter: Meter, result: Any) -> Any:
    """A result whose size could not be told before; sizes that printing would refuse are refused."""
    if isinstance(result, (str, bytes)):
        if len(result) > MAX_CHARS:
            meter.room(len(result))
        meter.left -= len(result) >> 6
    elif isinstance(result, int) and result.bit_length() > MAX_BITS:
        raise LimitError(f"an integer of more than {MAX_DIGITS:,} digits")
    return result


def size(args: Args, kwargs: dict[str, Any], index: int, name: str, default: int = 0) -> int:
    """An integer argument, 0 where it is no integer: the call itself will say so."""
    value = args[index] if len(args) > index else kwargs.get(name, default)
    return value if isinstance(value, int) else default


def _padded(meter: Meter, text: Any, args: Args, kwargs: dict[str, Any]) -> None:
    meter.room(max(len(text), size(args, kwargs, 0, "width")))


def _tabs(meter: Meter, text: Any, args: Args, kwargs: dict[str, Any]) -> None:
    tab = "\t" if isinstance(text, str) else b"\t"
    meter.room(len(text) + text.count(tab) * max(0, size(args, kwargs, 0, "tabsize", 8)))


def replaced(meter: Meter, text: Any, args: Args, kwargs: dict[str, Any]) -> None:
    """Pays for `text.replace(old, new, count)`."""
    if len(args) < 2 or not all(isinstance(arg, (str, bytes)) for arg in args[:2]):
        return
    old, new = args[:2]
    if isinstance(text, str) != isinstance(old, str):
        return
    times = text.count(old)
    limit = size(args, kwargs, 2, "count", -1)
    if limit >= 0:
        times = min(times, limit)
    meter.room(len(text) + times * max(0, len(new) * (ESCAPED if isinstance(text, Markup) else 1) - len(old)))


def _joined(meter: Meter, text: Any, args: Args, kwargs: dict[str, Any]) -> None:
    if args and hasattr(type(args[0]), "__len__"):
        items = args[0]
        grows = ESCAPED if isinstance(text, Markup) else 1
        chars = sum(len(item) if isinstance(item, (str, bytes)) else meter.weigh(item) for item in items)
        meter.room(grows * chars + len(text) * len(items))


def _translated(meter: Meter, text: Any, args: Args, kwargs: dict[str, Any]) -> None:
    table = args[0] if args else None
    longest = 1
    if isinstance(table, (Mapping, list, tuple)):
        values = table.values() if isinstance(table, Mapping) else table
        meter.items(len(table))
        longest = max((len(value) for value in values if isinstance(value, str)), default=1)
    meter.room(len(text) * max(1, longest))
    meter.spend(len(text) >> 3)


def _stripped(meter: Meter, text: Any, args: Args, kwargs: dict[str, Any]) -> None:
    for chars in args:
        if isinstance(chars, (str, bytes)):
            meter.spend(len(text) * len(chars) >> 12)


def _searched_backwards(meter: Meter, text: Any, args: Args, kwargs: dict[str, Any]) -> None:
    for part in (*args, kwargs.get("sep")):
        if isinstance(part, (str, bytes)) and len(part) > 1:
            meter.spend(len(text) * len(part) // CHARS_A_SCAN)


def _split(meter: Meter, text: Any, args: Args, kwargs: dict[str, Any]) -> None:
    separator = args[0] if args else kwargs.get("sep")
    _searched_backwards(meter, text, args, kwargs)
    if separator is None:
        spaces = SPACES if isinstance(text, str) else (b" ", b"\t", b"\n", b"\r", b"\x0b", b"\x0c")
        pieces = sum(map(text.count, spaces))
    elif isinstance(separator, str) == isinstance(text, str) and separator:
        pieces = text.count(separator)
    else:
        return
    most = size(args, kwargs, 1, "maxsplit", -1)
    meter.items(min(pieces, most) if most >= 0 else pieces)


def _lines(meter: Meter, text: Any, args: Args, kwargs: dict[str, Any]) -> None:
    meter.items(sum(map(text.count, LINE_ENDS if isinstance(text, str) else (b"\n", b"\r"))))


def _coded(meter: Meter, text: Any, args: Args, kwargs: dict[str, Any]) -> None:
    codec = args[0] if args else kwargs.get("encoding", "utf-8")
    plain = isinstance(codec, str) and codec.lower().replace("-", "").replace("_", "") in CODECS
    strict = len(args) < 2 and "errors" not in kwargs
    if not (plain and strict) and len(text) > MAX_OTHER_CODEC:
        raise LimitError(f"a text of {len(text):,} characters; at most {MAX_OTHER_CODEC:,} go through that encoding")
    meter.room(4 * len(text) if len(text) > MAX_OTHER_CODEC else len(text))


def _escaped(meter: Meter, text: Any, args: Args, kwargs: dict[str, Any]) -> None:
    for arg in args:
        if not isinstance(arg, (str, bytes)):
            meter.text(arg)
        else:
            meter.room(len(arg) * ESCAPED)


def _untagged(meter: Meter, text: Any, args: Args, kwargs: dict[str, Any]) -> None:
    untagged(meter, str(text))


def untagged(meter: Meter, text: str) -> None:
    """Pays for `striptags`, which copies the text for each tag."""
    meter.spend((text.count("<") + 1) * len(text) // MAX_SPAN + (len(text) >> 4))


def _number(meter: Meter, name: str, args: Args, kwargs: dict[str, Any]) -> None:
    if name == "to_bytes":
        meter.room(max(0, size(args, kwargs, 0, "length", 1)))
    for arg in args:
        if isinstance(arg, (str, bytes)):
            meter.spend(len(arg))
        elif isinstance(arg, Iterable):
            raise TemplateError(f"not allowed in a template: int.{name} of {type(arg).__name__}")


def _made_table(meter: Meter, text: Any, args: Args, kwargs: dict[str, Any]) -> None:
    for arg in args:
        if isinstance(arg, (str, bytes, Mapping)):
            meter.items(len(arg))


TEXT: dict[str, Any] = {
    **dict.fromkeys(("center", "ljust", "rjust", "zfill"), _padded),
    **dict.fromkeys(("strip", "lstrip", "rstrip"), _stripped),
    **dict.fromkeys(("rfind", "rindex", "rpartition"), _searched_backwards),
    **dict.fromkeys(("split", "rsplit"), _split),
    **dict.fromkeys(("encode", "decode"), _coded),
    "escape": _escaped,
    "expandtabs": _tabs,
    "join": _joined,
    "maketrans": _made_table,
    "replace": replaced,
    "splitlines": _lines,
    "striptags": _untagged,
    "translate": _translated,
    "unescape": _stripped,
}
