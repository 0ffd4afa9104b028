"""Credentials in texts: where they stand, and texts with them masked. No output and no cache holds one whole."""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode
from collections import Counter
from math import log2
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SHOWN = 4  # characters of a secret that are shown
MASK = "*"
MIN_BITS = (
    3.6  # of entropy a character, of a value that only its name gives away: random Base64 of 24 has 4.2, words 3.3
)
_RARE = 6  # characters that differ, which a key has more of than a row of crosses
_NEAR = 40  # characters before a value that may name it


class Secret(NamedTuple):
    """One credential: `text[start:end]`. `kind` says whose."""

    start: int
    end: int
    kind: str


# How it begins, then the form of the rest: the forms in common use, not looked up with their makers one by one.
_KEYS: tuple[tuple[str, str, str], ...] = (
    ("sk-ant-", r"[\w-]{20,200}", "an Anthropic API key"),
    ("sk-", r"(?!ant-)(?:proj-|svcacct-|admin-|or-v1-)?[A-Za-z0-9_-]{20,200}", "an API key"),
    ("AKIA", r"[0-9A-Z]{16}(?![0-9A-Za-z])", "an AWS access key"),
    ("ASIA", r"[0-9A-Z]{16}(?![0-9A-Za-z])", "an AWS access key"),
    ("AIza", r"[\w-]{35}(?![\w-])", "a Google API key"),
    *((f"gh{each}_", r"[A-Za-z0-9]{36,251}", "a GitHub token") for each in "pousr"),
    ("github_pat_", r"\w{22,255}", "a GitHub token"),
    ("glpat-", r"[\w-]{20,64}", "a GitLab token"),
    ("xox", r"[abeprs]-[A-Za-z0-9-]{10,200}", "a Slack token"),
    ("hooks.slack.com/", r"services/T\w{6,16}/B\w{6,16}/\w{20,32}", "a Slack webhook"),
    *((f"{each}k_live_", r"[A-Za-z0-9]{16,128}", "a Stripe key") for each in "rs"),
    ("hf_", r"[A-Za-z0-9]{30,64}", "a Hugging Face token"),
    ("gsk_", r"[A-Za-z0-9]{40,64}", "a Groq API key"),
    ("npm_", r"[A-Za-z0-9]{36}(?!\w)", "an npm token"),
    ("pypi-AgE", r"[\w-]{50,300}", "a PyPI token"),
    ("SG.", r"[\w-]{22}\.[\w-]{43}", "a SendGrid key"),
    ("dapi", r"[0-9a-f]{32}(?!\w)", "a Databricks token"),
    ("eyJ", r"[\w-]{10,2000}\.eyJ[\w-]{10,4000}\.[\w-]{20,1000}", "a JSON Web Token"),
)
_FORMS = tuple(  # the fixed beginning first, which makes the search fast
    (word, re.compile(f"{re.escape(word)}(?<![A-Za-z0-9_-]{re.escape(word)}){form}"), kind)
    for word, form, kind in _KEYS
)
_PEM = re.compile(r"-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY-----([\sA-Za-z0-9+/=\\]{40,20000})")
_URL = re.compile(r"://[^\s/:@\"'<>{}$]{1,64}:(?P<value>[^\s/@\"'<>{}$*]{6,128})@(?P<host>[\w.-]{1,253})")
_GIVEN = re.compile(r"[:=][ \t]{0,3}[\"'`]?(?P<value>[A-Za-z0-9+/_-]{24,256}={0,2})(?![\w.])")
_NAMED = re.compile(r"(?:key|secret|token|passwo?r?d|passwd|credential)s?[\"'`*]{0,3}[ \t]{0,3}$", re.IGNORECASE)

_STANDS_FOR = re.compile(
    r"example|sample|placeholder|your|dummy|fake|redact|changeme|change-me|secret|passw|insert|replace|test"
    r"|(.)\1{4}|12345678|abcdef|\.\.\.",
    re.IGNORECASE,
)
_NO_HOST = re.compile(r"(?:localhost|127\.0\.0\.1|host|hostname|server|db|(?:.*\.)?example(?:\.\w+)?|.*\.test)\Z")


def secrets(text: str) -> list[Secret]:
    """The credentials in a text, in order. What is plainly made up (YOUR_KEY, EXAMPLE, xxxxx) is none."""
    found = sorted(_found(text))
    return [each for place, each in enumerate(found) if not place or each.start >= found[place - 1].end]


def masked(text: str) -> str:
    """The text with its credentials masked, newlines kept, as long as it was."""
    return covered(text, ((each.start, each.end) for each in secrets(text)))


def covered(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """The text with all but the beginning of each span masked, newlines kept, as long as it was."""
    parts, end = [], 0
    for start, after in spans:
        parts += [text[end : start + SHOWN], re.sub(r"[^\n\r]", MASK, text[start + SHOWN : after])]
        end = after
    return "".join([*parts, text[end:]]) if parts else text


def _found(text: str) -> Iterator[Secret]:
    for word, form, kind in _FORMS:
        if word in text:
            is_real = _is_issued if word == "eyJ" else _is_real
            yield from (Secret(*match.span(), kind) for match in form.finditer(text) if is_real(match[0][len(word) :]))
    if "PRIVATE KEY-----" in text:
        yield from (Secret(*match.span(), "a private key") for match in _PEM.finditer(text) if _is_body(match[1]))
    if "@" in text and "://" in text:
        for match in _URL.finditer(text):
            if not _STANDS_FOR.search(match["value"]) and not _NO_HOST.match(match["host"]):
                yield Secret(*match.span("value"), "a password in a URL")
    for match in _GIVEN.finditer(text):
        value = match["value"]
        if _NAMED.search(text[max(0, match.start() - _NEAR) : match.start()]) and _is_random(value):
            yield Secret(*match.span("value"), "a credential")


def _is_real(value: str) -> bool:
    """Whether the part of a key that its owner got has nothing of a made-up one."""
    return len(set(value)) > _RARE and any(map(str.isdigit, value)) and not _STANDS_FOR.search(value)


def _is_issued(token: str) -> bool:
    """Whether a JSON Web Token says when it ends, as those of manuals seldom do."""
    payload = token.split(".")[1]
    try:
        return b'"exp"' in urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
    except ValueError:
        return False


def _is_body(body: str) -> bool:
    return len(set(body)) > 2 * _RARE and not re.search(r"(.)\1{9}|\.\.\.|EXAMPLE|YOUR", body)


def _is_random(value: str) -> bool:
    """Whether a value has the mixture of characters that generated ones have, and words and identifiers do not."""
    mixed = any(map(str.isupper, value)) and any(map(str.islower, value)) and sum(map(str.isdigit, value)) > 1
    if not mixed or _STANDS_FOR.search(value):
        return False
    counts, length = Counter(value), len(value)
    return -sum(count / length * log2(count / length) for count in counts.values()) >= MIN_BITS
