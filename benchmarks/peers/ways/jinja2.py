"""jinja2, the reference: a template a message, with the roles kept beside them. https://jinja.palletsprojects.com/en/stable/api/"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

IMPORT = "import jinja2"


def author(messages: list[tuple[str, str]], folder: str) -> list[tuple[str, str]]:
    """The texts as they are."""
    return messages


def ready(source: list[tuple[str, str]]) -> Callable[[dict[str, str]], Any]:
    """A precompiled template for each message."""
    import jinja2

    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, keep_trailing_newline=True)
    templates = [(role, environment.from_string(text)) for role, text in source]
    return lambda values: [(role, template.render(**values)) for role, template in templates]


def pairs(rendered: Any) -> list[tuple[str, str]]:
    """It returns pairs."""
    return list(rendered)
