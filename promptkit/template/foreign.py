"""A chat template as tokenizers carry it: a stranger's Jinja2, in the same sandbox and bounds, by its own dialect.

Its dialect is that of transformers' apply_chat_template: undefined names print as nothing, None prints as None, blocks
take their lines with them, loops have break and continue, and a few functions and one tag are added.
Source: https://huggingface.co/docs/transformers/chat_templating_writing (checked 2026-11-24).
"""

from __future__ import annotations

import json
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NoReturn

from jinja2.ext import Extension, LoopControlExtension
from jinja2.runtime import Undefined

from promptkit.errors import LimitError, TemplateError
from promptkit.template.atoms import Syntax
from promptkit.template.bounds import metered
from promptkit.template.engine import Engine, Template
from promptkit.template.runtime import Missing, Sandbox, TracingContext

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jinja2 import nodes
    from jinja2.parser import Parser

    from promptkit.content import Text
    from promptkit.template.meter import Meter
    from promptkit.template.trace import Part, Site

MAX_FORMAT = 100  # characters of a time's format
MAX_SEPARATOR = 4  # characters between the items of JSON


class Generation(Extension):
    """`{% generation %}`: marks what the model said, for training. It prints its body."""

    tags = frozenset({"generation"})  # type: ignore[assignment]  # jinja2 types it as a set, and only looks into it

    def parse(self, parser: Parser) -> list[nodes.Node]:
        """The body of the tag, which stands for the tag."""
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


class LenientContext(TracingContext):
    """A context that prints None, as Jinja2 does."""

    def show(self, value: Any, site: Site) -> Part:
        """What printing `value` adds to the output."""
        return super().show("None" if value is None else value, site)


class ForeignSandbox(Sandbox):
    """The sandbox with Jinja2's own undefined values, and JSON as chat templates expect it."""

    context_class = LenientContext

    def __init__(self) -> None:
        super().__init__(lambda _: None)
        self.undefined = Undefined
        self.filters["tojson"] = metered(self, "tojson", _tojson)

    def getattr(self, obj: Any, attribute: str) -> Any:
        """`obj.attribute`: attributes first, then keys, as everywhere in Jinja2."""
        found = super().getattr(obj, attribute)
        return Undefined(obj=obj, name=attribute) if type(found) is Missing else found


class ForeignEngine(Engine):
    """An engine for one chat template. It includes and imports nothing."""

    def __init__(self) -> None:
        super().__init__(lambda _: None)

    def syntax(self, name: str) -> Syntax:  # noqa: ARG002  (one dialect, whatever the name)
        """The parser of its dialect."""
        extensions = [LoopControlExtension, Generation]
        return Syntax(trim_blocks=True, lstrip_blocks=True, extensions=extensions, cache_size=0)

    @property
    def sandbox(self) -> Sandbox:
        """What its code runs in."""
        if self._made_sandbox is None:
            self._made_sandbox = ForeignSandbox()
        return self._made_sandbox


def render_chat(text: Text, scope: Mapping[str, object], meter: Meter | None = None) -> str:
    """What a chat template prints for `messages` and the other names of `scope`. Raises TemplateError, LimitError."""
    functions = {"raise_exception": _raise_exception, "strftime_now": _strftime_now}
    return str(_compiled(text).render({**functions, **scope}, meter))


@lru_cache(maxsize=8)
def _compiled(text: Text) -> Template:
    """The template of a text: compiling takes as long as many renders."""
    template = Template(ForeignEngine(), text)
    template.fields = None  # the quick way is for promptkit's own dialect
    return template


def _raise_exception(message: object = "") -> NoReturn:
    raise TemplateError(f"the chat template refuses the messages: {message}")


def _strftime_now(form: str) -> str:
    if not isinstance(form, str) or len(form) > MAX_FORMAT:
        raise TemplateError(f"strftime_now takes a format of up to {MAX_FORMAT} characters")
    return datetime.now().strftime(form)  # local time, as in transformers


def _tojson(
    value: Any,
    indent: int | None = None,
    *,
    ensure_ascii: bool = False,
    separators: Any = None,
    sort_keys: bool = False,
) -> str:
    """JSON with its keys in their order and characters as they are: not for HTML."""
    pair = None
    if separators is not None:
        pair = (str(separators[0]), str(separators[1]))
        if max(map(len, pair)) > MAX_SEPARATOR:
            raise LimitError(f"separators of more than {MAX_SEPARATOR} characters")
    return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, separators=pair, sort_keys=sort_keys)
