"""minijinja, a template engine in Rust: a template a message, as for jinja2. https://pypi.org/project/minijinja/"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

IMPORT = "import minijinja"


def author(messages: list[tuple[str, str]], folder: str) -> list[tuple[str, str]]:
    """The texts as they are."""
    return messages


def ready(source: list[tuple[str, str]]) -> Callable[[dict[str, str]], Any]:
    """A named template for each message."""
    import minijinja

    templates = {str(number): text for number, (_, text) in enumerate(source)}
    environment = minijinja.Environment(templates=templates, undefined_behavior="strict", keep_trailing_newline=True)
    names = [(role, str(number)) for number, (role, _) in enumerate(source)]
    return lambda values: [(role, environment.render_template(name, **values)) for role, name in names]


def pairs(rendered: Any) -> list[tuple[str, str]]:
    """It returns pairs."""
    return list(rendered)
