"""Rendering one chat prompt, 23 messages and about 1,430 tokens, mostly static with bare fields, in five ways."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.rounds import Row, interleaved, rows

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

GROUP = "render 23 messages"
BASE = "jinja2, a template a message"
PROMPTKIT = "promptkit"
WITH_PIECES = "promptkit, provenance read"
LIMITS = {PROMPTKIT: 0.35}

TEXT = Path(__file__).with_name("chat.txt")  # one template a message, parted by lines of ---
VALUES: dict[str, Any] = {
    "agent": "Robin",
    "carrier": "ParcelPost",
    "city": "Leiden",
    "date": "14 March",
    "delivered": "19 March",
    "email": "amara.okafor@example.com",
    "goods": "bicycles, spare parts and clothing",
    "item": "Trail front wheel",
    "language": "English",
    "max_sentences": "ten",
    "order_id": "NC-48213",
    "question": "The box was open when it came. Who pays for the way back, and until when do I have to send it?",
    "refund_days": "five",
    "return_days": "30",
    "scratch_share": "fifteen",
    "sent_size": "27.5 inches",
    "shop": "Northwind Cycles",
    "since": "2019",
    "total": "189.00 EUR",
    "user": "Amara Okafor",
    "voucher": "SPRING-10",
    "wanted_size": "29 inches",
    "warranty": "24 months",
    "workshop": "the workshop",
}


def messages() -> list[tuple[str, str]]:
    """(role, template) of the 23 messages: system, then the customer and the agent by turns."""
    texts = TEXT.read_text("utf-8").removesuffix("\n").split("\n---\n")
    return [("system", texts[0]), *(("assistant" if i % 2 else "user", text) for i, text in enumerate(texts[1:]))]


def as_f_string() -> Callable[[], list[str]]:
    """The fastest there is: one compiled f-string a message, in one function."""
    names = ", ".join(VALUES)
    bodies = ", ".join("f" + repr(text.replace("{{ ", "{").replace(" }}", "}")) for _, text in messages())
    scope: dict[str, Callable[..., list[str]]] = {}
    exec(f"def render({names}):\n    return [{bodies}]", scope)
    function = scope["render"]
    return lambda: function(**VALUES)


def as_jinja_whole() -> Callable[[], str]:
    """One template for the whole prompt, messages parted by a line; roles would have to be parsed out again."""
    import jinja2

    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, keep_trailing_newline=True)
    template = environment.from_string("\x1e".join(text for _, text in messages()))
    return lambda: template.render(**VALUES)


def as_jinja_a_message() -> Callable[[], list[str]]:
    """A precompiled template for each message."""
    import jinja2

    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, keep_trailing_newline=True)
    templates = [environment.from_string(text) for _, text in messages()]
    return lambda: [template.render(**VALUES) for template in templates]


def as_promptkit(*, pieces: bool) -> Callable[[], object]:
    """The public API. With `pieces`, each message's provenance is read too."""
    from promptkit import Prompt, blocks

    kinds = {"system": blocks.system, "user": blocks.user, "assistant": blocks.assistant}
    prompt = Prompt("chat", [kinds[role](text) for role, text in messages()])
    if pieces:
        return lambda: [(message.content, message.pieces) for message in prompt.render(**VALUES).messages]
    return lambda: prompt.render(**VALUES).messages


def contents(rendered: Any) -> list[str]:
    """The texts of the messages, whichever way made them."""
    if isinstance(rendered, str):
        return rendered.split("\x1e")
    return [entry if isinstance(entry, str) else content(entry) for entry in rendered]


def content(entry: Any) -> str:
    """The text of one promptkit message, or of a message's (content, pieces)."""
    text: str = entry[0] if isinstance(entry, tuple) else entry.content
    return text


def measure(rounds: int) -> list[Row]:
    """Every way, checked to give the same texts, then timed against the others."""
    ways: dict[str, Callable[[], object]] = {
        "f-string": as_f_string(),
        "jinja2, one template": as_jinja_whole(),
        BASE: as_jinja_a_message(),
        PROMPTKIT: as_promptkit(pieces=False),
        WITH_PIECES: as_promptkit(pieces=True),
    }
    expected = contents(ways["f-string"]())
    assert len(expected) == 23
    check(ways, expected)
    return rows(GROUP, interleaved(ways, rounds), BASE, LIMITS)


def check(ways: dict[str, Callable[[], object]], expected: Sequence[str]) -> None:
    """Raises AssertionError where a way gives other texts than the f-string."""
    for way, function in ways.items():
        assert contents(function()) == expected, f"{way} renders another text"
