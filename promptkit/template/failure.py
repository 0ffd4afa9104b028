"""What goes wrong inside a template, as one error with its place."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from promptkit.errors import LimitError, PromptkitError, Span, TemplateError, did_you_mean
from promptkit.template.plain import OPENING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from types import TracebackType

    from promptkit.content import Text


_FILTER = re.compile(r"^do_(\w+)\(\)")
MAX_MESSAGE = 400
MAX_NAME = 80


def failed(error: Exception, text: Text, scope: Mapping[str, object], known: Iterable[str]) -> PromptkitError:
    """The TemplateError or LimitError for `error`, which rendering `text` raised. `known`: names of templates."""
    span = place(error.__traceback__, text)
    if isinstance(error, PromptkitError):
        if error.span is None and isinstance(error, TemplateError):
            return type(error)(_shortened(error.message), span)
        return error
    if isinstance(error, RecursionError):
        return LimitError("calls, includes or data within one another too deep", span)
    if isinstance(error, MemoryError):
        return LimitError("rendering takes more memory than there is", span)
    return TemplateError(_shortened(message(error, scope, known)), span)


def _shortened(text: str) -> str:
    """A message short enough to be read, whatever it quotes."""
    return text if len(text) <= MAX_MESSAGE else text[:MAX_MESSAGE] + "..."


def near(name: str, known: Iterable[str]) -> str:
    """A hint at a known name; long names would take too long to compare."""
    return did_you_mean(name, [one for one in known if len(one) <= MAX_NAME]) if len(name) <= MAX_NAME else ""


def message(error: Exception, scope: Mapping[str, object], known: Iterable[str]) -> str:
    """What `error` means to the author of the template."""
    from jinja2.exceptions import SecurityError, TemplateNotFound
    from jinja2.exceptions import TemplateError as JinjaError

    from promptkit.template.runtime import MissingNameError

    if isinstance(error, MissingNameError):
        if error.name is None:
            return str(error)
        names = error.known or [name for name in scope if isinstance(name, str)]
        return f"{error}{near(error.name, names)}"
    if isinstance(error, TemplateNotFound):
        return f"no template '{error.name}' to include{near(str(error.name), known)}"
    if isinstance(error, SecurityError):
        return f"not allowed in a template: {error}"
    if isinstance(error, JinjaError):
        return str(error)
    if isinstance(error, OverflowError) and "MAX_RANGE" in str(error):
        return "range() of more than 100,000 numbers; loop over fewer"
    detail = str(error).split("\n", 1)[0][:300]
    if isinstance(error, KeyError):
        return f"no key {detail}"
    if isinstance(error, ZeroDivisionError):
        return "division by zero"
    if isinstance(error, OverflowError) and error.args and not isinstance(error.args[0], str):
        return "a number is too large"
    if detail and isinstance(error, (ArithmeticError, LookupError, TypeError, ValueError)):
        return _FILTER.sub(r"the filter '\1'", detail)  # Python's words for what a template did, without its class
    return f"{type(error).__name__}: {detail}" if detail else type(error).__name__


def place(traceback: TracebackType | None, text: Text) -> Span:
    """The innermost line of a template in `traceback`."""
    span = text.span(1)
    while traceback is not None:
        code = traceback.tb_frame.f_globals.get("__jinja_template__")
        if code is not None:
            span = code.unit.text.span(code.get_corresponding_lineno(traceback.tb_lineno))
        traceback = traceback.tb_next
    return span


def _tag(text: Text, line: int) -> Span:
    """The place of the only tag that opens on a line; that of the line where none or several do."""
    row = text.source.split("\n")[line - 1 : line]
    found = OPENING.findall(row[0]) if row else []
    return text.find(found[0], line) if len(found) == 1 else text.span(line)


def syntax_problem(error: Exception, text: Text) -> tuple[Span, str]:
    """Place and message of what the parser, the generator or Python's compiler says of `text`."""
    from jinja2.exceptions import TemplateSyntaxError

    if isinstance(error, TemplateSyntaxError):
        detail = (error.message or "cannot be parsed").rstrip(".")
        hint = "; close {{ with }}, and {% with %}" if detail == "unexpected '}'" else ""
        return _tag(text, error.lineno), f"template syntax: {detail[:1].lower()}{detail[1:]}{hint}"
    if isinstance(error, (RecursionError, MemoryError)):
        return text.span(1), "template syntax: nested too deeply"
    if "set_int_max_str_digits" in str(error):
        return text.span(1), "template syntax: a number has more than 4,300 digits; write it as a text"
    if isinstance(error, SyntaxError):
        return text.span(1), f"template syntax: cannot be compiled: {error.msg}"
    return text.span(1), f"template syntax: {str(error).splitlines()[0] if str(error) else type(error).__name__}"
