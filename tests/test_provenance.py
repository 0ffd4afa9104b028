"""Every token has a source, and every authored character its line: parts add up, pieces make up the text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import promptkit
from promptkit import Prompt, blocks
from promptkit.tokens.vocabulary import encoding
from promptkit.tokens.ways import BYS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    Write = Callable[[Mapping[str, str | bytes]], Path]

MODELS = {"gpt-4o": "o200k_base", "gpt-4": "cl100k_base"}
KINDS = (blocks.text, blocks.role, blocks.user, blocks.assistant, blocks.instructions)

words = ["a", "word", " ", "\n", "\n\n", "//", "{", "<|endoftext|>", "é", "\u2028", "123"]
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r"))
texts |= st.lists(st.sampled_from(words)).map("".join)
texts = texts.map(lambda text: text.replace("{", "{ "))  # static text here, not tags


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    parts=st.lists(st.tuples(texts, texts, st.sampled_from(KINDS)), min_size=1, max_size=8),
    join=st.sampled_from(["", " ", "\n", "\n\n", "--"]),
    value=texts,
    engine=st.booleans(),
)
def test_parts_add_up_however_a_text_is_split_into_blocks(
    parts: list[tuple[str, str, Callable[..., dict[str, object]]]],
    join: str,
    value: str,
    engine: bool,  # noqa: FBT001
) -> None:
    hole = "{% if true %}{{ v }}{% endif %}" if engine else "{{ v }}"
    entries = [kind(f"{a}{hole}{b}|", name=f"b{n}") for n, (a, b, kind) in enumerate(parts)]
    prompt = Prompt("x", entries, join=join)
    unread, rendered = prompt.render(v=value), prompt.render(v=value)
    for model, name in MODELS.items():
        codec = encoding(name)
        measured = rendered.count(model)
        contents = sum(len(codec.encode_ordinary(message.content)) for message in rendered.messages)
        framing = 3 + sum(3 + len(codec.encode_ordinary(message.role)) for message in rendered.messages)
        assert (measured.tokens, measured.framing_tokens) == (contents + framing, framing)
        for by in BYS:
            assert sum(part.tokens for part in measured.by(by)) == measured.tokens
    for message in rendered.messages:
        assert "".join(piece.text for piece in message.pieces) == message.content
    assert [message.content for message in unread.messages] == [message.content for message in rendered.messages]


MARK = re.compile(r"L(\d+)")
FILES = {
    "blocks/head.md": "---\nkind: role\n---\nL4 a {{ v }}\nL5 b\n\nL7 {% if v %}in L7\nL8{% endif %} end\n",
    "blocks/plain.md": "L1 one\nL2 {{ v }}\n\nL4 four",
    "blocks/lit.txt": "L1 {{ literal }}\nL2\n\nL4\n",
    "partials/part.md": "L1 p\nL2 {{ v }} q\n",
    "prompts/x.yaml": """\
description: places
blocks:
  - use: head
  - use: plain
  - use: lit
  - text: |
      L7 literal
      L8 {{ v }}

      L10 {% if v %}
      L11 in{% endif %}
  - instructions: >
      L13 folded
      still {{ v }}

      L16 second
      more

      L19 third
  - {user: L20 plain flow, name: f1}
  - user: "L21 double\\nsame {{ v }}

      L23 next"
    name: f2
  - user: 'L25 single

      L27 {{ v }} single'
    name: f3
  - assistant: L29 plain
      folded {{ v }}

      L32 more
    name: f4
  - negative:
      - L35 not
      - {avoid: L36 this, instead: L36 that}
  - user: '{% include "part" %}'
    name: f5
""",
}


@pytest.mark.parametrize("value", ["x", "one\ntwo"])
def test_every_static_piece_stands_at_its_line_in_its_file(value: str, write: Write) -> None:
    rendered = promptkit.load(write(FILES))["x"].render(v=value)
    lines = {path: text.split("\n") for path, text in FILES.items()}
    seen = set()
    for piece in (piece for message in rendered.messages for piece in message.pieces):
        for line in MARK.findall(piece.text) if piece.authored else ():
            assert piece.span.line == int(line), piece
            assert f"L{line}" in lines[piece.span.path][piece.span.line - 1]
            seen.add((piece.span.path, int(line)))
    written = {(path, int(mark)) for path, text in FILES.items() for mark in MARK.findall(text)}
    assert seen == written
