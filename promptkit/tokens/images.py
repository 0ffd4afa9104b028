"""Tokens of an image: always an estimate, from a dated table. What vendors document and what they bill can differ.

Sources, checked on the date below: https://platform.openai.com/docs/guides/images-vision for tiles; the tables of
litellm 1.109 for patches and Claude's caps. None for a model that is not in the table, an image that is sent by its
URL, and a format whose size is not read here.
"""

from __future__ import annotations

import re
from math import ceil, sqrt
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from promptkit.messages import Media

CHECKED = "2026-11-24"


class Tiles(NamedTuple):
    """Scaled to fit 2048 pixels, then to a short side of 768: `base`, and `tile` for each square of 512 pixels."""

    base: int
    tile: int

    def tokens(self, width: int, height: int, detail: str | None) -> int:
        """Tokens of an image of that size; with the detail `low` only the base."""
        if detail == "low":
            return self.base
        scale = min(1.0, 2048 / max(width, height))
        scale *= min(1.0, 768 / (min(width, height) * scale))
        return self.base + self.tile * ceil(round(width * scale) / 512) * ceil(round(height * scale) / 512)


class Patches(NamedTuple):
    """Squares of `side` pixels, scaled down to at most `most` of them, each `times` tokens."""

    side: int
    most: int
    times: float = 1.0

    def tokens(self, width: int, height: int, _detail: str | None) -> int:
        """Tokens of an image of that size."""
        patches = ceil(width / self.side) * ceil(height / self.side)
        if patches > self.most:
            scale = sqrt(self.most * self.side**2 / (width * height))
            patches = min(self.most, ceil(width * scale / self.side) * ceil(height * scale / self.side))
        return ceil(patches * self.times)


# In this order: the first that matches the whole name decides.
TABLE: tuple[tuple[str, Tiles | Patches], ...] = (
    (r"gpt-4o-mini(-\d.*)?", Tiles(2833, 5667)),
    (r"gpt-4o(-\d.*)?|gpt-4\.1(-\d.*)?", Tiles(85, 170)),
    (r"gpt-5(\.1)?(-\d.*)?", Tiles(70, 140)),
    (r"o[13](-pro)?(-\d.*)?", Tiles(75, 150)),
    (r"gpt-4\.1-mini(-\d.*)?", Patches(32, 1536, 1.62)),
    (r"claude-\w+-(4-[7-9]|[5-9]).*", Patches(28, 4784)),
    (r"claude-.+", Patches(28, 1568)),
)


def image_tokens(media: Media, model: str) -> int | None:
    """Estimated tokens of an image for a model, by its bare name."""
    rule = next((rule for names, rule in TABLE if re.fullmatch(names, model)), None)
    size = image_size(media.data) if media.type == "image" and media.data is not None else None
    return None if rule is None or size is None else rule.tokens(*size, media.detail)


def image_size(data: bytes) -> tuple[int, int] | None:
    """Width and height in pixels, from the header of a PNG, JPEG, GIF or WebP; None for anything else."""
    size = None
    if data.startswith(b"\x89PNG\r\n\x1a\n") and len(data) >= 24:
        size = int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")
    elif data[:6] in (b"GIF87a", b"GIF89a") and len(data) >= 10:
        size = int.from_bytes(data[6:8], "little"), int.from_bytes(data[8:10], "little")
    elif data.startswith(b"\xff\xd8"):
        size = _jpeg(data)
    elif data.startswith(b"RIFF") and data[8:12] == b"WEBP" and len(data) >= 30:
        size = _webp(data)
    return size if size is not None and min(size) > 0 else None


def _jpeg(data: bytes) -> tuple[int, int] | None:
    """Segments up to the frame header, SOF0 to SOF15 without DHT, JPG and DAC. Source: ITU-T T.81, annex B."""
    place = 2
    while place + 9 <= len(data):
        if data[place] != 0xFF:
            return None
        marker = data[place + 1]
        if marker == 0xFF:  # a fill byte
            place += 1
        elif marker == 0x01 or 0xD0 <= marker <= 0xD7:  # no length follows
            place += 2
        elif 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            return int.from_bytes(data[place + 7 : place + 9], "big"), int.from_bytes(
                data[place + 5 : place + 7], "big"
            )
        else:
            place += 2 + max(2, int.from_bytes(data[place + 2 : place + 4], "big"))
    return None


def _webp(data: bytes) -> tuple[int, int] | None:
    """Source: https://developers.google.com/speed/webp/docs/riff_container and RFC 6386, section 9.1."""
    form = data[12:16]
    if form == b"VP8X":
        return int.from_bytes(data[24:27], "little") + 1, int.from_bytes(data[27:30], "little") + 1
    if form == b"VP8L" and data[20] == 0x2F:
        bits = int.from_bytes(data[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if form == b"VP8 " and data[23:26] == b"\x9d\x01\x2a":
        width, height = int.from_bytes(data[26:28], "little"), int.from_bytes(data[28:30], "little")
        return width & 0x3FFF, height & 0x3FFF
    return None
