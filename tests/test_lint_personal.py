"""Which addresses and numbers are somebody's. What is left alone stands in tests/lookalikes/X504.md."""

from __future__ import annotations

import pytest

from promptkit.lint.personal import personal
from promptkit.lint.sources import SourceFile


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        pytest.param("Ask j.nowak@lampy.pl, or ola+shop@lampy.com.pl.", ["an e-mail address"] * 2, id="addresses"),
        pytest.param("<ola.k@lampy.pl>", ["an e-mail address"], id="in angle brackets"),
        pytest.param("Call +48 601 742 958 today", ["a telephone number"], id="with its country"),
        pytest.param("phone: (416) 889-2231", ["a telephone number"], id="named"),
        pytest.param("My SSN is 521-33-8804.", ["a social security number"], id="social security"),
        pytest.param("Pay GB39LAMP20417788310942", ["an IBAN"], id="IBAN"),
        pytest.param("Card 4539 1488 0343 6467, thanks", ["a card number"], id="card in groups"),
        pytest.param("card number 4539148803436467", ["a card number"], id="card that is named"),
    ],
)
def test_it_is_somebodys(text: str, kinds: list[str]) -> None:
    assert [each.kind for each in personal(text)] == kinds


def test_what_is_shown_of_a_line_has_the_value_masked() -> None:
    file = SourceFile("a.md", "Ask j.nowak@lampy.pl\nfirst.")
    assert file.shown == ["Ask j.no" + "*" * 12, "first."]
