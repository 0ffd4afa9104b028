"""Names of templates as templates write them."""

from __future__ import annotations


def unsafe(name: str) -> bool:
    """True for names of templates that could lead out of a library."""
    return "\\" in name or name.startswith("/") or ".." in name.split("/") or "\0" in name
