"""A second `promptkit tokens` over 1,000 prompts against stock tiktoken on the same texts, in CPU time of processes."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks.fresh import fill_cache
from benchmarks.loading import AREAS, prompt, write_library
from benchmarks.rounds import Row, interleaved, rows

if TYPE_CHECKING:
    from collections.abc import Callable

GROUP = "count 1,000 prompts in 3 variants again"
BASE = "tiktoken, the texts alone"
AGAIN = "promptkit tokens, nothing changed"
CHANGED = "promptkit tokens, one prompt changed"
COLD = "promptkit tokens --no-cache"
LIMITS = {AGAIN: 0.1}
ENCODING: Final = "o200k_base"
# Added to the rules of each area, so that a variant has the 500 tokens that one of templates/ has on average.
MANUAL = """
## When {area} is asked for something unusual

- A customer who names a deadline is told whether it can be met, and by whom, before any other question is asked.
- An amount above 500 euros is never confirmed in writing; say who will call, and on which number they can be reached.
- Two orders of one day are one case if they went to the same address; keep the earlier number and name the later one.
- A complaint about a person is passed on as it stands. Do not soften it, do not answer it, and do not name the person.
- Where the law of another country may apply, say that a colleague of the {area} team looks at it within three days.
- Photographs, invoices and letters are described in one sentence each, with the date that stands on them.
- A date without a year is the next one to come; a time without a zone is that of the warehouse which holds the order.
- Words that the customer puts in capitals are quoted as they stand, and are no reason to answer in capitals as well.
- Two requests in one message are two cases; answer the one that is due first, and say when the other is looked at.
- If nothing is asked at all, thank the customer, close the case, and leave the follow-up to the weekly review.
"""

STOCK = f"""
import json, sys
import tiktoken

encoding = tiktoken.get_encoding("{ENCODING}")
with open(sys.argv[1], encoding="utf-8") as file:
    print(sum(len(encoding.encode_ordinary(text)) for text in json.load(file)))
"""


def write_longer_library(root: Path) -> None:
    """The library of `benchmarks.loading`, with a manual of each area in its rules."""
    write_library(root)
    for area in AREAS:
        with (root / f"blocks/instructions/{area}.md").open("a", encoding="utf-8") as file:
            file.write(MANUAL.format(area=area))


def write_texts(root: Path, target: Path) -> int:
    """The texts of all messages of all variants, as promptkit renders them; their tokens with framing."""
    import promptkit
    from promptkit.render import samples

    texts = []
    tokens = 0
    for each in promptkit.load(root).prompts.values():
        for name in each.variants:
            rendered = each[name].render(samples(each[name]))
            texts += [message.content for message in rendered.messages]
            measured = rendered.count()
            tokens += measured.tokens - measured.framing_tokens
    target.write_text(json.dumps(texts, ensure_ascii=False), "utf-8")
    return tokens


def process(environment: dict[str, str], *arguments: str) -> Callable[[], str]:
    """A call that runs Python with these arguments to its end, and gives what it prints."""
    command = [sys.executable, *arguments]
    surroundings = {**os.environ, **environment}
    return lambda: subprocess.run(command, env=surroundings, stdout=subprocess.PIPE, check=True, text=True).stdout


def after_a_change(root: Path, run: Callable[[], str]) -> Callable[[], str]:
    """A call that first writes something new into one prompt."""
    path = root / "prompts/search/ticket-8.yaml"
    before = prompt(8, "search")
    assert path.read_text("utf-8") == before
    fresh = count()

    def changed() -> str:
        path.write_text(
            before.replace("calm", "quiet").replace("Write one", f"In case {next(fresh)}, write one"), "utf-8"
        )
        out = run()
        path.write_text(before, "utf-8")
        return out

    return changed


def measure(rounds: int) -> list[Row]:
    """Every way in each round, checked to find the same tokens. What changes has a cache of its own."""
    script = "from promptkit.cli import main; main()"  # what the installed `promptkit` runs
    with tempfile.TemporaryDirectory() as folder:
        root, texts = Path(folder, "library"), Path(folder, "texts.json")
        write_longer_library(root)
        Path(folder, "tiktoken").mkdir()
        fill_cache(Path(folder, "tiktoken"))
        tokens = write_texts(root, texts)
        words = ("-c", script, "tokens", "--library", str(root))
        ways = {
            BASE: process({"TIKTOKEN_CACHE_DIR": str(Path(folder, "tiktoken"))}, "-c", STOCK, str(texts)),
            AGAIN: process(cache(folder, "again"), *words),
            CHANGED: after_a_change(root, process(cache(folder, "changed"), *words)),
            COLD: process(cache(folder, "none"), *words, "--no-cache"),
        }
        assert int(ways[BASE]()) == tokens
        first = ways[AGAIN]()
        assert first == ways[AGAIN]() == ways[COLD]()
        return rows(GROUP, interleaved(ways, rounds, round_s=0, clock=cpu_of_children), BASE, LIMITS)


def cpu_of_children() -> float:
    """CPU seconds of all processes so far that this one has waited for, theirs included: what a busy machine keeps."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def cache(folder: str, name: str) -> dict[str, str]:
    """The environment in which the user's cache folder is one of that name, on any platform."""
    own = Path(folder, name)
    own.mkdir()
    return dict.fromkeys(("XDG_CACHE_HOME", "LOCALAPPDATA", "HOME"), str(own))
