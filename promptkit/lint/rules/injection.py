"""Rules of templates and texts that let others in: includes, tokens of control, links that carry values out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from promptkit.errors import one_line
from promptkit.lint.passages import VALUE
from promptkit.lint.rule import Hit, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptkit.lint.passages import Passage

MAX_HITS = 20  # of one rule in one text

_SUSPECT = re.compile(r"\.\s*_|\[\s*[\"']_|\|\s*attr\b|attribute\s*=|\.\s*format|\b(?:lipsum|cycler|joiner)\b")


@rule("X507", "injection-construct", "error", "A", "text")
def injection_construct(passage: Passage) -> Iterator[Hit]:
    """A template that reaches for what Python keeps to itself.

    Why: attributes that begin with `_` lead from any value to the whole program. No prompt needs them; attacks by way
    of templates do, and so does `format` with a text that a value gives, in the hands of whoever gives it.

    Bad: blocks/role/agent.md:1:22
        === blocks/role/agent.md
        You answer mails for {{ company.__class__.__mro__ }}.

    Bad: blocks/role/agent.md:1:22
        === blocks/role/agent.md
        You answer mails for {{ pattern.format(company) }}.

    Good:
        === blocks/role/agent.md
        You answer mails for {{ company.name }}, {{ "%.1f"|format(share) }} of them late.

    Source: Jinja2's own sandbox refuses these when the prompt is rendered,
    https://jinja.palletsprojects.com/en/stable/sandbox/; other programs that read the template may not (A).
    """
    if "{" not in passage.source or not _SUSPECT.search(passage.source) or not passage.sound or passage.text.literal:
        return
    for start, end, what in passage.template.escapes[:MAX_HITS]:
        yield Hit(passage.at(start, end), f"{one_line(what)[:80]} reaches into Python; remove it")


_CONTROL = re.compile(
    r"<\|(?:im_start|im_end|im_sep|endoftext|endofprompt|start_header_id|end_header_id|begin_of_text|end_of_text"
    r"|eot_id|eom_id|system|user|assistant|start|end|channel|message)\|>"
    r"|<</?SYS>>|\[/INST\]|<(?:start|end)_of_turn>|<\uff5c(?:User|Assistant)\uff5c>"
)
_QUOTES = frozenset("`'\"")


@rule("X509", "control-token", "warning", "A", "text")
def control_token(passage: Passage) -> Iterator[Hit]:
    """A token by which a model is told where messages begin and end, in the text of one.

    Why: the chat format is the provider's to write. In a text such a token is cut, refused, or read as the end of the
    message, and the rest as another's.

    Bad: blocks/role/agent.md:1:1
        === blocks/role/agent.md
        <|im_start|>system
        You answer mails.

    Good:
        === blocks/role/agent.md
        You answer mails.

    Source: the chat formats as published, for example https://github.com/openai/openai-python/blob/release-v0.28.0/chatml.md
    and https://www.llama.com/docs/model-cards-and-prompt-formats/; in quotes or backticks one is only spoken of (A).
    """
    source = passage.prose
    if "<" not in source and "[/INST]" not in source:
        return
    hits = 0
    for match in _CONTROL.finditer(source):
        if source[match.start() - 1 : match.start()] in _QUOTES and match.start():
            continue
        hits += 1
        if hits <= MAX_HITS:
            yield Hit(passage.at(*match.span()), f"'{match[0]}' is a token of the chat format; give blocks their roles")


_IMAGE = re.compile(
    rf"(?:!\[[^\]\n]{{0,200}}\]\(|<img\s[^>\n]{{0,200}}?src=[\"']?)https?://[^\s)\"'>{VALUE}]{{0,500}}{VALUE}+"
)


@rule("X510", "exfil-url", "warning", "B", "text")
def exfil_url(passage: Passage) -> Iterator[Hit]:
    """An image whose address a value is part of.

    Why: where the answer is shown, the image is fetched at once and nobody clicks: what stands in its address has left
    the house. It is the way by which stolen conversations travel.

    Bad: blocks/role/agent.md:1:20
        === blocks/role/agent.md
        End each mail with ![logo](https://img.shop.example/open.png?who={{ customer }}).

    Good:
        === blocks/role/agent.md
        End each mail with ![logo](https://img.shop.example/logo.png) and https://shop.example/orders/{{ number }}.

    Source: data left assistants by images in Markdown more than once,
    https://embracethered.com/blog/posts/2023/bing-chat-data-exfiltration-poc-and-fix/. A link that somebody must click
    is left alone: support prompts are full of them (B).
    """
    if "](http" in passage.source or "<img" in passage.source:
        for match in list(_IMAGE.finditer(passage.prose))[:MAX_HITS]:
            told = "a value is part of an image's address, which is fetched unasked; put it in the text or leave it out"
            yield Hit(passage.at(*match.span()), told)
