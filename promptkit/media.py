"""Images, sounds and files: from what a caller gives to a value that a provider takes. Nothing is ever fetched."""

from __future__ import annotations

import base64
import binascii
import os
import re
import stat
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from promptkit.errors import InputError, Span
from promptkit.messages import Media
from promptkit.trees import reason

if TYPE_CHECKING:
    from promptkit.content import Input

Type = Literal["image", "audio", "file"]
TYPES: tuple[Type, ...] = ("image", "audio", "file")
MAX_BYTES = 50_000_000  # a bound on memory; providers have lower ones of their own
_KEYS = ("url", "data", "media_type", "name")
_URL = re.compile(r"https?://[!-~]+")  # printable ASCII: a blank or a control character ends no URL
_DATA_URL = re.compile(
    r"data:([a-z]+/[a-z0-9.+-]+)((?:;[a-z0-9-]+=[!-+\--:<-~]*)*);base64,(.*)", re.DOTALL | re.IGNORECASE
)

# Signatures of the formats that providers take: where it stands, its bytes, its media type.
# Source: https://mimesniff.spec.whatwg.org/#matching-a-mime-type-pattern (checked 2026-11-24).
_SIGNATURES = (
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (8, b"WAVE", "audio/wav"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"\xff\xfb", "audio/mpeg"),
    (0, b"\xff\xf3", "audio/mpeg"),
    (0, b"OggS", "audio/ogg"),
    (0, b"fLaC", "audio/flac"),
    (0, b"%PDF-", "application/pdf"),
)


def media_types(declared: Input) -> tuple[Type, ...]:
    """The media types that an input takes; empty for an input of text or data."""
    return tuple(kind for kind in TYPES if kind in declared.types)


def read_media(declared: Input, value: Any) -> Media | tuple[Media, ...]:
    """What an input's value stands for: a URL, bytes, a Path, a mapping of url or data; or a list of these.

    The value has been checked against the input's types. Raises InputError.
    """
    if isinstance(value, list | tuple):
        return tuple(_one(declared, item, f"item {number} of input") for number, item in enumerate(value, 1))
    return _one(declared, value, "input")


def from_part(part: Mapping[str, Any]) -> Media:
    """The media of a content part in the shape of OpenAI's chat API: image_url, input_audio or file.

    Source: https://platform.openai.com/docs/api-reference/chat/create (checked 2026-11-24). Raises ValueError.
    """
    kind = part.get("type")
    inner = part.get(str(kind))
    if not isinstance(inner, Mapping):
        raise ValueError(f"a part of type {kind!r} needs a mapping under {kind!r}")
    if kind == "image_url":
        found = _text_form("image", str(inner.get("url", "")))
        detail = inner.get("detail")
        return found if detail is None else replace(found, detail=str(detail))
    if kind == "input_audio":
        form = {"wav": "audio/wav", "mp3": "audio/mpeg"}.get(str(inner.get("format")), f"audio/{inner.get('format')}")
        return Media("audio", "", _NOWHERE, data=_decoded(str(inner.get("data", ""))), media_type=form)
    found = _text_form("file", str(inner.get("file_data", "")))
    name = inner.get("filename")
    return found if name is None else replace(found, name=str(name))


def base64_of(media: Media) -> str:
    """The data of media as base64 text. It has data, no URL."""
    assert media.data is not None
    return base64.b64encode(media.data).decode()


def url_of(media: Media) -> str:
    """The URL of media: its own, or a data: URL of its bytes."""
    return media.url or f"data:{media.media_type};base64,{base64_of(media)}"


_NOWHERE = Span("<value>")


def _one(declared: Input, value: Any, what: str) -> Media:
    kinds = media_types(declared)
    try:
        found = _any_form(kinds[0], value)
        if found.media_type is not None and found.type not in kinds:
            raise ValueError(f"is {found.media_type}, not {' or '.join(kinds)}")
    except ValueError as error:
        raise InputError(f"{what} '{declared.name}' {error}", declared.span) from error
    return replace(
        found, type=found.type if found.type in kinds else kinds[0], span=declared.span, inputs=(declared.name,)
    )


def _any_form(kind: Type, value: Any) -> Media:
    if isinstance(value, Media):
        return value
    if isinstance(value, str):
        return _text_form(kind, value)
    if isinstance(value, Path):
        return _typed(kind, read_file(value), None, value.name)
    if isinstance(value, bytes | bytearray):
        return _typed(kind, bytes(value), None, None)
    if isinstance(value, Mapping):
        return _mapping_form(kind, value)
    raise ValueError(f"must be a URL, bytes, a Path or a mapping, not {type(value).__name__}")


def _mapping_form(kind: Type, value: Mapping[str, Any]) -> Media:
    unknown = [str(key) for key in value if key not in _KEYS]
    if unknown:
        raise ValueError(f"has the unknown key '{unknown[0][:40]}'; known: {', '.join(_KEYS)}")
    if ("url" in value) == ("data" in value):
        raise ValueError("needs either url or data")
    for key in ("url", "media_type", "name"):
        if key in value and not isinstance(value[key], str):
            raise ValueError(f"has a {key} that is no text")
    if "url" in value:
        found = _text_form(kind, value["url"])
        return replace(found, name=value.get("name"), media_type=value.get("media_type") or found.media_type)
    data = value["data"]
    if isinstance(data, str):
        data = _decoded(data)
    if not isinstance(data, bytes):
        raise ValueError(f"has data that is neither bytes nor base64 text, but {type(data).__name__}")
    return _typed(kind, data, value.get("media_type"), value.get("name"))


def _text_form(kind: Type, text: str) -> Media:
    if text[:5].lower() == "data:":
        match = _DATA_URL.fullmatch(text) if len(text) <= MAX_BYTES * 2 else None
        if match is None:
            raise ValueError("is no data: URL of base64; write data:image/png;base64,...")
        return _typed(kind, _decoded(match[3]), match[1].lower(), None)
    if _URL.fullmatch(text):
        return Media(kind, "", _NOWHERE, url=text)
    raise ValueError(
        f"must be a URL, bytes or a pathlib.Path; '{text[:40]}' is none: for a file pass pathlib.Path(...), "
        "or -i NAME=FILE on the command line"
    )


def _decoded(text: str) -> bytes:
    if len(text) > MAX_BYTES * 4 // 3 + 4:
        raise ValueError(f"is larger than {MAX_BYTES:,} bytes")
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError("holds base64 that cannot be decoded") from error


def _typed(kind: Type, data: bytes, media_type: str | None, name: str | None) -> Media:
    if len(data) > MAX_BYTES:
        raise ValueError(f"is larger than {MAX_BYTES:,} bytes")
    if not data:
        raise ValueError("is empty")
    seen = next((found for at, mark, found in _SIGNATURES if data.startswith(mark, at)), None)
    if seen is None and media_type is None:
        raise ValueError("is of no format that is known; pass a mapping with data and media_type")
    if seen is not None and media_type is not None and seen.split("/")[0] != media_type.split("/")[0]:
        raise ValueError(f"is called {media_type}, and its bytes are {seen}")
    form = media_type or seen
    assert form is not None
    family = form.split("/")[0]
    own: Type = "image" if family == "image" else "audio" if family == "audio" else "file"
    return Media(kind if kind == "file" else own, "", _NOWHERE, data=data, media_type=form, name=name)


def read_file(path: Path) -> bytes:
    """The bytes of a file that the caller names. Raises ValueError: missing, no regular file, too large."""
    try:
        # here: O_NONBLOCK, so that a FIFO does not block the open
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except OSError as error:
        raise ValueError(f"names '{path}', which cannot be read: {reason(error)}") from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise ValueError(f"names '{path}', which is no regular file")
    with os.fdopen(descriptor, "rb") as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise ValueError(f"names '{path}', which is larger than {MAX_BYTES:,} bytes")
    return data
