"""What earlier runs found in prompts: used again where nothing that they are made of has changed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from promptkit.caches import blake2b
from promptkit.config import CALIBRATION, FILE
from promptkit.lint.findings import Finding
from promptkit.lint.places import Place

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from promptkit.lint.rule import Rule

SETTINGS = (FILE, CALIBRATION)  # what findings in any prompt may rest on


Known = tuple[frozenset[str], tuple[Finding, ...]]
"""The files that a prompt is made of, and what was found in it."""


class Memory:
    """Findings by prompt, each with the files that it is made of and one digest of these, the rules and the settings.

    Digests are of the bytes that the run works with, so that a changed file cannot give an old answer. Only prompts
    without problems are kept. Nothing of a file's text is, but what a finding quotes.
    """

    def __init__(self, content: bytes | None = None) -> None:
        self._old: dict[str, Any] = {} if content is None else json.loads(content)
        self._new: dict[str, Any] = {}
        self._contents: Mapping[str, bytes] = {}
        self._digests: dict[str, bytes] = {}
        self._scope = b""

    def begin(self, rules: Iterable[Rule], contents: Mapping[str, bytes]) -> None:
        """Before prompts are looked at: which rules run, and what the library's files hold."""
        self._contents = contents
        self._digests = {}
        codes = " ".join(each.code for each in rules).encode()
        shared = b"".join(map(self._digest, SETTINGS))
        self._scope = blake2b(codes + shared, digest_size=16).digest()

    def known(self, name: str) -> Known | None:
        """What is known of a prompt; None where something that it is made of is new."""
        entry = self._old.get(name)
        if entry is None or entry["digest"] != self._of(entry["files"]):
            return None
        self._new[name] = entry
        findings = tuple(Finding(Place(*place), *rest) for place, *rest in entry["findings"])
        return frozenset(entry["files"]), findings

    def keep(self, name: str, files: Iterable[str], findings: Iterable[Finding]) -> None:
        """What was found in a prompt that is made of these files."""
        paths = sorted(files)
        self._new[name] = {"files": paths, "digest": self._of(paths), "findings": list(findings)}

    @property
    def content(self) -> bytes | None:
        """What the next run is to know; None where that is what this one knew."""
        return None if self._new == self._old else json.dumps(self._new).encode()

    def _of(self, paths: Iterable[str]) -> str:
        every = b"".join(path.encode("utf-8", "surrogateescape") + b"\0" + self._digest(path) for path in paths)
        return blake2b(self._scope + every, digest_size=16).hexdigest()

    def _digest(self, path: str) -> bytes:
        found = self._digests.get(path)
        if found is None:
            found = self._digests[path] = blake2b(self._contents.get(path, b""), digest_size=16).digest()
        return found
