"""Rules of text that costs tokens and tells the model nothing."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

from promptkit.lint.passages import TAGGED, VALUE
from promptkit.lint.rule import Hit, rule

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from promptkit.lint.passages import Passage

SHORTEST = 80
"""Characters of a run from which it is a blob; a SHA-256 in hexadecimal has 64."""

FILES = ("iVBORw0KGgo", "/9j/", "R0lGOD", "JVBERi0", "UklGR", "PHN2Zy", "PD94bWwg", "AAABAA", "UEsDB", "SUQz", "T2dnUw")
"""How base64 of a file begins: PNG, JPEG, GIF, PDF, WebP and WAV, SVG, XML, ICO, ZIP, MP3, Ogg."""

MOST = 3
"""Findings for one text."""

CODES = re.compile(
    r"(?:en|de)(?:cod|crypt)(?:e[rs]?|ing|ion)?\b|serializ|payload|gadget|shellcode|cipher", re.IGNORECASE
)
"""Words of a line whose code is what the line is about."""

BEFORE, AFTER = 400, 100
"""Characters of the line around a run that are looked at."""

RUN = re.compile(rf"(?<![\w+/-])[A-Za-z0-9+/_-]{{{SHORTEST},}}")


@rule("K308", "inline-blob", "warning", "A", "text")
def inline_blob(passage: Passage) -> Iterable[Hit]:
    """A text holds encoded data: 80 or more characters of base64 or hexadecimal in one run.

    Why: each call pays for it, at two to three times the tokens of prose of that length, and a model sees an image or
    a file in its media part, not in the letters that encode it.

    What is left alone: a line that speaks of encoding or decoding, unless the data is that of an image or another file.

    Bad: blocks/role/agent.md:2:11
        === blocks/role/agent.md
        You answer mails about invoices.
        Our logo: iVBORw0KGgoAAAANSUhEUgAAAAUAAAAFCAYAAACNbyblAAAAHElEQVQI12P4//8w/38GIAXDIBKE0DHxgljNBA
        === prompts/reply.yaml
        blocks:
          - use: role/agent
          - user: "{{ mail }}"

    Good:
        === blocks/role/agent.md
        You answer mails about invoices. The logo of the company is attached.
        === prompts/reply.yaml
        inputs:
          logo: {type: image}
        blocks:
          - use: role/agent
          - user: "{{ mail }}"
          - media: {input: logo}

    Source: counted with o200k_base, the text of the Bad has 1.8 characters to a token, the prose of the Good 4.9.
    Against it: a prompt that shows a payload needs it, so suppress the rule there (A).
    """
    return islice(_blobs(passage), MOST)


def _blobs(passage: Passage) -> Iterator[Hit]:
    for match in RUN.finditer(passage.prose):
        run = match[0]
        if (encoding := _encoding(run)) and (run.startswith(FILES) or not _is_meant(passage.prose, match)):
            yield Hit(
                passage.at(match.start(), match.end()),
                f"{len(run):,} characters of {encoding} ('{run[:12]}...') are sent as text with every call; "
                "leave them out, shorten them, or pass a file as media",
            )


def _is_meant(text: str, run: re.Match[str]) -> bool:
    """Whether the line of a run speaks of encoding or decoding."""
    before = text[max(0, run.start() - BEFORE) : run.start()].rpartition("\n")[2]
    after = text[run.end() : run.end() + AFTER].partition("\n")[0]
    return CODES.search(before) is not None or CODES.search(after) is not None


def _encoding(run: str) -> str | None:
    """What `run` is encoded in; None where it may be a path, a name or a line drawn with characters.

    Of random base64, 16 % are digits, 41 % capitals, 41 % small letters and 3 % signs; the bounds are loose ones.
    """
    size = len(run)
    digits = sum(map(str.isdigit, run))
    if size - digits == sum(each in "abcdef" for each in run.lower()):
        return "hexadecimal" if len(set(run)) >= 12 and digits * 4 >= size else None
    capitals, small = sum(map(str.isupper, run)), sum(map(str.islower, run))
    signs = size - digits - capitals - small
    mixed = digits * 20 >= size and capitals * 7 >= size and small * 7 >= size and signs * 10 <= size
    return "base64" if mixed and len(set(run)) >= 24 else None


SAVED = 30
"""Tokens that are worth a remark; fewer are where they are a share of the text."""

SAVED_LEAST = 10
SAVED_SHARE = 0.03
TRAILING = re.compile(r"(?<![ \t])[ \t]++(?=\n)")
BLANK = re.compile(r"\n[ \t]*+\n(?:[ \t]*+\n)+")
RULER = re.compile(r"^([ \t]*+)(?:[-=*_#~+][ \t]?){10,}+$", re.MULTILINE)
MASKS = re.compile(rf"{VALUE}+|{TAGGED}+")


@rule("K304", "token-waste", "info", "A", "text")
def token_waste(passage: Passage) -> Iterator[Hit]:
    """Blank lines, spaces at ends of lines and drawn lines cost a text 30 tokens, or a thirtieth of all that it has.

    Why: each call pays for them. A model tells sections apart by one blank line, a heading or a tag.

    Bad: blocks/role/agent.md:2:1
        === blocks/role/agent.md
        You answer mails about invoices.
        #*#*#*#*#*#*#*#*#*#*#*#*#*#*#*#*#*#*#*#*#*#*#*#*#*#*#*#*#*#*#*#*
        Answer in two sentences.
        === prompts/reply.yaml
        blocks:
          - use: role/agent
          - user: "{{ mail }}"

    Good:
        === blocks/role/agent.md
        You answer mails about invoices.

        ---

        Answer in two sentences.
        === prompts/reply.yaml
        blocks:
          - use: role/agent
          - user: "{{ mail }}"

    Source: the text is counted with o200k_base, as it is and without them. The saving is often smaller than it looks:
    80 dashes are one token more than three, and ten blank lines one token like two. Spaces on blank lines and lines
    drawn with several characters are what costs. Of 608 public prompts 23 would save 3 to 12 tokens, none enough to be
    told here (A).
    """
    prose = passage.prose
    first: list[int] = []
    cleaned = _cleaned(prose, first)
    removed = len(prose) - len(cleaned)
    if removed < SAVED_LEAST or (removed < SAVED and removed < SAVED_SHARE * len(prose)):
        return
    from promptkit.lint.tally import tally  # here: few texts have any waste

    before, after = (tally(MASKS.sub(" x", text), "o200k_base") for text in (prose, cleaned))
    saved = before - after
    if saved >= SAVED or (saved >= SAVED_LEAST and saved >= SAVED_SHARE * before):
        at = min(first)
        yield Hit(
            passage.at(at, at + 1),
            f"{saved:,} of {before:,} tokens (o200k_base) are blank lines, spaces at ends of lines or drawn lines; "
            "leave one blank line between parts, and --- for a line",
        )


def _cleaned(text: str, places: list[int]) -> str:
    """The text without them; `places` gets where each kind begins."""
    found = text
    for pattern, plain in ((RULER, r"\1---"), (TRAILING, ""), (BLANK, "\n\n")):
        match = pattern.search(text)
        if match is not None:
            places.append(match.start() + (match[0][:1] == "\n"))
            found = pattern.sub(plain, found)
    return found
