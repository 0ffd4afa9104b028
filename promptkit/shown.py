"""What a notebook shows of a value: one base for those that have a page, which stands far above them."""

from __future__ import annotations


class Shown:
    """A value with a picture in notebooks."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        from promptkit.report.html import fragment

        return fragment(self)
