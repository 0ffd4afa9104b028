"""What formatting costs: widths, precisions and arguments are added up before anything is built."""

from __future__ import annotations

import re
from string import Formatter
from typing import TYPE_CHECKING, Any

from jinja2.sandbox import SandboxedEscapeFormatter, SandboxedFormatter
from jinja2.utils import pass_context
from markupsafe import Markup

from promptkit.errors import LimitError
from promptkit.template.meter import MAX_CHARS, REPR
from promptkit.template.trace import Traced

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from jinja2.sandbox import SandboxedEnvironment

    from promptkit.template.meter import Meter

PERCENT = re.compile(
    r"%(?:\((?P<key>[^)]*)\))?[-#0+ ]*(?P<width>\*|\d*)(?:\.(?P<precision>\*|\d*))?[hlL]?(?P<kind>.)", re.S
)
DIGITS = re.compile(r"\d+")
MAX_WIDTH_DIGITS = 8  # of a width in a format: more is past MAX_CHARS in any case
ESCAPED = 5  # `"` becomes `&#34;`


def width(digits: str) -> int:
    """A width or precision as a number, capped: it may be longer than Python would convert."""
    return MAX_CHARS + 1 if len(digits.lstrip("0")) > MAX_WIDTH_DIGITS else int(digits or "0")


def percent(meter: Meter, template: str | bytes, value: Any) -> None:
    """Pays for `template % value`."""
    source = template if isinstance(template, str) else template.decode("latin-1")
    meter.spend(len(source) >> 6)
    total = len(source)
    values = list(value) if isinstance(value, tuple) else [value]
    stars = sum(abs(one) for one in values if isinstance(one, int))
    grows = ESCAPED if isinstance(template, Markup) else 1
    known: dict[str, int] = {}
    for found in PERCENT.finditer(source):
        meter.tick()
        total += sum(stars if part == "*" else width(part or "") for part in (found["width"], found["precision"]))
        key = found["key"]
        if key is not None and hasattr(value, "get"):
            if key not in known:
                known[key] = _length(meter, value.get(key))
            total += known[key] * (REPR if found["kind"] in "ra" else grows)
        elif found["kind"] in "ra":
            grows = REPR
    if not known:
        total += grows * sum(_length(meter, one) for one in values)
    meter.room(total)


def _length(meter: Meter, value: Any) -> int:
    if isinstance(value, (str, bytes)):
        return len(value)
    return 24 if isinstance(value, float) else meter.weigh(value)


class _Metered(Formatter):
    """The part of a formatter that pays. `paid` counts the characters so far."""

    meter: Meter
    paid = 0

    def format_field(self, value: Any, format_spec: str) -> Any:
        """One field as text."""
        self.meter.tick()
        size = sum(width(digits) for digits in DIGITS.findall(format_spec))
        size += len(value) if isinstance(value, str) else len(self.meter.text(value))
        if isinstance(self, SandboxedEscapeFormatter):
            size *= ESCAPED
        self.paid += size
        if self.paid > MAX_CHARS:
            self.meter.room(self.paid)
        self.meter.spend(size >> 6)
        return super().format_field(value, format_spec)

    def convert_field(self, value: Any, conversion: Any) -> Any:
        """A field after `!r`, `!s` or `!a`."""
        if conversion is not None:
            size = len(value) if isinstance(value, str) else len(self.meter.text(value))
            self.meter.room(size * (REPR if conversion in "ra" else 1))
        return super().convert_field(value, conversion)


class _Plain(_Metered, SandboxedFormatter):
    """For plain text."""


class _Escaping(_Metered, SandboxedEscapeFormatter):
    """For Markup."""


def formatting(environment: SandboxedEnvironment, text: str, mapped: bool) -> Callable[..., str]:  # noqa: FBT001
    """`text.format`, or `text.format_map` if `mapped`, as templates call it."""

    @pass_context
    def run(context: Any, *args: Any, **kwargs: Any) -> str:
        fields: Mapping[str, Any] = kwargs
        rest: Sequence[Any] = args
        if mapped:
            if kwargs or len(args) != 1:
                raise TypeError("format_map() takes exactly one argument")
            fields, rest = args[0], ()
        markup = isinstance(text, Markup)
        formatter = _Escaping(environment, escape=text.escape) if isinstance(text, Markup) else _Plain(environment)
        formatter.meter = context.meter
        context.meter.spend(len(text) >> 4)
        result = formatter.vformat(str(text) if type(text) is Traced else text, rest, fields)
        if len(result) > MAX_CHARS:
            raise LimitError(f"a text of {len(result):,} characters; at most {MAX_CHARS:,} can be computed")
        return Markup(result) if markup else result  # noqa: S704  (what Jinja2 does)

    return run
