"""A Hugging Face tokenizer's files: its chat template, and the tokens that only the template may write."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from promptkit.content import Text
from promptkit.errors import ProviderError, Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

CONFIG, TEMPLATE, SPECIAL, TOKENIZER = (
    "tokenizer_config.json",
    "chat_template.jinja",
    "special_tokens_map.json",
    "tokenizer.json",
)
MAX_BYTES = 64_000_000  # tokenizer.json of the largest vocabularies has about 35,000,000
NAMED = ("bos_token", "eos_token", "unk_token", "pad_token", "sep_token", "cls_token", "mask_token")
# What stands in a template's source like a control token, for files that do not list their tokens.
_CONTROL = re.compile(
    r"<[|｜][^<>|｜\s]{1,60}[|｜]>|\[/?[A-Z][A-Z_]{1,40}\]|<</?[A-Z]{2,20}>>|<(?:start|end)_of_\w{1,20}>"
)
_TAG = re.compile(r"<[^\s<>]{1,60}>|\[[^\s\[\]]{1,60}\]")


class Tokens:
    """Tokens to look for in texts: some vocabularies have thousands, so not one after the other."""

    __slots__ = ("_lengths", "_starts", "_tokens")

    def __init__(self, tokens: Iterable[str]) -> None:
        self._tokens = frozenset(tokens)
        self._lengths = sorted({len(token) for token in self._tokens}, reverse=True)
        firsts = "".join(sorted({re.escape(token[0]) for token in self._tokens}))
        self._starts = re.compile(f"[{firsts}]" if firsts else "(?!)")

    def within(self, text: str) -> Iterator[tuple[int, str]]:
        """Where the tokens stand in a text, and which: the longest at each place."""
        for match in self._starts.finditer(text):
            at = match.start()
            for length in self._lengths:
                if text[at : at + length] in self._tokens:
                    yield at, text[at : at + length]
                    break


@dataclass(frozen=True, slots=True)
class ChatTemplate:
    """A chat template. No text may hold a token of `control`; none that a value brought in may hold one of `tags`."""

    text: Text
    names: dict[str, str]  # bos_token, eos_token ... as the template knows them
    control: Tokens
    tags: Tokens


def read_template(path: Path, *, tools: bool) -> ChatTemplate:
    """The chat template of a tokenizer_config.json, or of a .jinja file with the tokenizer's other files beside it.

    Of several named templates, tool_use is taken when there are tools, else default. Raises ProviderError.
    Source: https://huggingface.co/docs/transformers/chat_templating_writing (checked 2026-11-24).
    """
    config = _json(path) if path.suffix == ".json" else _json(path.with_name(CONFIG), optional=True)
    if path.suffix == ".json":
        source, place = _chosen(config.get("chat_template"), tools=tools), path
        if source is None and path.with_name(TEMPLATE).is_file():
            place = path.with_name(TEMPLATE)
            source = _read(place)
    else:
        source, place = _read(path), path
    if source is None:
        raise ProviderError(f"{path}: has no chat_template, and there is no {TEMPLATE} beside it")
    names = {name: token for name in NAMED if (token := _token(config.get(name))) is not None}
    special, added = _tokens(path, config)
    control = {token for token in (*special, *names.values(), *_CONTROL.findall(source)) if token.strip()}
    tags = {token for token in added if _TAG.fullmatch(token)} - control
    text = Text(source, str(place), Span(str(place), 1, 1))
    return ChatTemplate(text, names, Tokens(control), Tokens(tags))


def _chosen(found: Any, *, tools: bool) -> str | None:
    if isinstance(found, list):
        named = {str(each.get("name")): each.get("template") for each in found if isinstance(each, dict)}
        found = named.get("tool_use") if tools and "tool_use" in named else named.get("default")
    return found if isinstance(found, str) else None


def _tokens(path: Path, config: dict[str, Any]) -> tuple[set[str], set[str]]:
    """The special tokens, and the other ones that were added to the vocabulary."""
    listed = config.get("added_tokens_decoder")
    entries = list(listed.values()) if isinstance(listed, dict) else []
    if not entries:
        found = _json(path.with_name(TOKENIZER), optional=True).get("added_tokens")
        entries = found if isinstance(found, list) else []
    special, added = set[str](), set[str]()
    for entry in entries:
        token = _token(entry)
        if token is not None:
            (special if not isinstance(entry, dict) or entry.get("special") else added).add(token)
    for source in (config, _json(path.with_name(SPECIAL), optional=True)):
        for name in (*NAMED, "additional_special_tokens", "extra_special_tokens"):
            value = source.get(name)
            if isinstance(value, dict) and "content" not in value:
                value = list(value.values())
            each = value if isinstance(value, list) else [value]
            special |= {token for one in each if (token := _token(one)) is not None}
    return special, added


def _token(value: Any) -> str | None:
    token = value.get("content") if isinstance(value, dict) else value
    return token if isinstance(token, str) and token else None


def _json(path: Path, *, optional: bool = False) -> dict[str, Any]:
    if optional and not path.is_file():
        return {}
    try:
        found = json.loads(_read(path))
    except (ValueError, RecursionError) as error:
        raise ProviderError(f"{path}: cannot be read as JSON") from error
    if not isinstance(found, dict):
        raise ProviderError(f"{path}: is no mapping, as a tokenizer's file is")
    return found


def _read(path: Path) -> str:
    try:
        if not path.is_file():
            raise ProviderError(f"{path}: is no file; pass a {CONFIG} or a {TEMPLATE}")
        if path.stat().st_size > MAX_BYTES:
            raise ProviderError(f"{path}: is larger than {MAX_BYTES:,} bytes")
        return path.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise ProviderError(f"{path}: is not UTF-8") from error
    except OSError as error:
        raise ProviderError(f"{path}: cannot be read: {error.strerror or error}") from error
