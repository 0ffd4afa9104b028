"""prompty: a .prompty file with role markers. https://pypi.org/project/prompty/"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

IMPORT = "import prompty"

HEADER = """---
name: chat
model:
  id: gpt-4o-mini
  provider: openai
inputs:
{inputs}
template:
  format:
    kind: jinja2
  parser:
    kind: prompty
---
"""


def author(messages: list[tuple[str, str]], folder: str) -> str:
    """The path of the file that one would write."""
    import re

    names = sorted({name for _, text in messages for name in re.findall(r"{{ (\w+) }}", text)})
    header = HEADER.format(inputs="\n".join(f"  - name: {name}\n    kind: string" for name in names))
    path = f"{folder}/chat.prompty"
    with open(path, "w", encoding="utf-8") as file:  # noqa: PTH123 - pathlib would be loaded before the clock runs
        file.write(header + "\n\n".join(f"{role}:\n{text}" for role, text in messages) + "\n")
    return path


def ready(source: str) -> Callable[[dict[str, str]], Any]:
    """`load` once, `prepare` for each call."""
    import prompty

    agent = prompty.load(source)
    return lambda values: prompty.prepare(agent, inputs=values)


def pairs(rendered: Any) -> list[tuple[str, str]]:
    """Of the messages, each of text parts."""
    return [(message.role, "".join(part.value for part in message.parts)) for message in rendered]
