"""Rules of letters that look like others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptkit.errors import one_line
from promptkit.lint.confusables import mixed_words
from promptkit.lint.rule import Hit, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptkit.lint.sources import SourceFile

MAX_HITS = 20  # of one rule in one file


@rule("X506", "homoglyph", "warning", "A", "raw")
def homoglyph(file: SourceFile) -> Iterator[Hit]:
    """A word in which a letter of another script stands for the one that it looks like.

    Why: it reads as the word that was meant and is another one: other tokens, no match when it is searched for, and a
    name or tag that nothing else has. A reviewer cannot see that.

    Words of one script are fine, whichever it is, and so are words that mix letters which nobody confuses. In names
    and tags the parts between underscores count as one word.

    Bad: blocks/role/agent.md:1:12
        === blocks/role/agent.md
        You answer m\\u{430}ils about invoices.

    Bad: blocks/role/agent.md:2:2
        === blocks/role/agent.md
        Put the reason into a tag:
        <\\u{3bd}alue>

    Good:
        === blocks/role/agent.md
        You answer mails about invoices.

    Good:
        === blocks/role/agent.md
        You answer letters that begin with \\u{43f}\\u{440}\\u{438}\\u{432}\\u{435}\\u{442}, at most 10 \\u{3bc}m wide.

    Source: letters that Unicode lists as confusable, of the Latin, Cyrillic and Greek scripts,
    https://www.unicode.org/reports/tr39/; a word with one of them is another sequence of characters, whoever wrote it
    so. Against it: a text about such words quotes them, and most are slips of a keyboard, not attacks (A).
    """
    if file.text.isascii():
        return
    places: dict[str, list[tuple[int, int]]] = {}
    for word in mixed_words(file.text):
        code, script = f"U+{ord(word.letter):04X}", _script(word.letter)
        shown = one_line(file.text[word.start : word.end])
        told = f"'{shown}' has the {script} letter {code}, which looks like {_script(word.meant)} '{word.meant}'"
        places.setdefault(told, []).append((word.start, word.end))
    for told, spans in list(places.items())[:MAX_HITS]:
        often = "" if len(spans) == 1 else f" ({len(spans):,} places in this file)"
        yield Hit(file.span(*spans[0]), f"{told}; write that letter{often}")


def _script(letter: str) -> str:
    return "Latin" if letter < "\u0250" else "Greek" if letter < "\u0400" else "Cyrillic"
