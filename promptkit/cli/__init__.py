"""The command line: which commands there are, and the way in.

Nothing but the standard library is imported here: a command that reads a library runs in a child process, which is
forked from this small one before click or anything else is loaded (`promptkit.cli.limits`).
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, NamedTuple, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class Entry(NamedTuple):
    """One command: the module whose `command` it is, its line in `promptkit --help`, whether it needs limits, and
    whether a run of it is remembered (and under limits where it is not)."""

    module: str
    help: str
    guarded: bool
    remembered: bool = False


# The only list of commands. `guarded` is for those that read or render a library they were handed.
COMMANDS = {
    "init": Entry("promptkit.cli.init", "Start a library: two prompts to render, count and change.", guarded=False),
    "list": Entry("promptkit.cli.list", "Show prompts, variants, inputs and owners.", guarded=True),
    "render": Entry("promptkit.cli.render", "Print what the model would get.", guarded=True),
    "tokens": Entry(
        "promptkit.cli.tokens",
        "Count the tokens of prompts or files, and what they cost.",
        guarded=True,
        remembered=True,
    ),
    "lint": Entry("promptkit.cli.lint", "Find what is wrong with prompts.", guarded=True, remembered=True),
    "rule": Entry("promptkit.cli.rule", "Show a rule of lint: why, examples, evidence.", guarded=False),
    "forms": Entry("promptkit.cli.forms", "Show what each form of a schema costs.", guarded=True),
    "models": Entry("promptkit.cli.models", "Show models: context, prices, cache, retirement.", guarded=True),
    "calibrate": Entry(
        "promptkit.cli.calibrate", "Measure how far a model's estimate is from its vendor's counts.", guarded=True
    ),
    "schema": Entry("promptkit.cli.schema", "Print the JSON Schema of a library's files.", guarded=False),
    "completion": Entry("promptkit.cli.completion", "Print the script that completes words in a shell.", guarded=False),
}


# In the environment when a shell asks what a word may become: the shell's name and "_complete".
COMPLETION = "_PROMPTKIT_COMPLETE"


def main(words: Sequence[str] | None = None) -> NoReturn:
    """Run one command line (None: the process's own) and leave with its exit code."""
    words = tuple(sys.argv[1:] if words is None else words)
    sys.exit(_run(words))


def _run(words: Sequence[str]) -> int:
    from promptkit.cli import limits  # here: importing a command does not need it

    def work() -> int:
        from promptkit.cli.app import dispatch  # here: in the child, so that the parent stays small

        return dispatch(words)

    def remembered() -> int:
        from promptkit.cli.remembering import answered  # here: other commands do without

        return answered(words, work)

    if COMPLETION in os.environ:
        return _completed(work)
    # Before the command there are only flags, so the first word that is no flag is the command.
    name = next((word for word in words if not word.startswith("-")), "")
    if name in COMMANDS and COMMANDS[name].remembered:
        return limits.unguarded(remembered)
    if name in COMMANDS and COMMANDS[name].guarded:
        return limits.guarded(work)
    return limits.unguarded(work)


def _completed(work: Callable[[], int]) -> int:
    """`work` under limits, with nothing on stderr: an error would stand in the middle of the line that a user types."""
    from promptkit.cli import limits

    def bounded() -> int:
        with limits.unit("completion"):
            return work()

    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 2)
    os.close(nothing)
    return limits.guarded(bounded)
