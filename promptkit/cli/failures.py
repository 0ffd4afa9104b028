"""Exceptions to exit codes: every failure is a line on stderr and a number, never a traceback."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TYPE_CHECKING

from promptkit.cli.output import discard_output, echo

if TYPE_CHECKING:
    from collections.abc import Callable

    import click

FAILED = 2
INTERRUPTED = 130  # 128 + SIGINT, as shells have it
CLOSED_PIPE = 141  # 128 + SIGPIPE: what any program killed by `| head` leaves


def reported(work: Callable[[], int]) -> int:
    """The exit code of `work`, its output flushed. Whatever it raises becomes one line (a line for each problem of
    a LibraryError) and a code."""
    try:
        code = work()
        if sys.stdout is not None:
            sys.stdout.flush()
    except BaseException as error:  # nothing stands above this
        return _code(error)
    return code


def _code(error: BaseException) -> int:
    import click  # here, as below: a run without failure that is answered from memory needs none of it

    if isinstance(error, click.exceptions.Exit):
        return error.exit_code
    if isinstance(error, KeyboardInterrupt | click.Abort):
        return INTERRUPTED
    if isinstance(error, BrokenPipeError):
        discard_output()
        return CLOSED_PIPE
    if os.environ.get("PROMPTKIT_TRACEBACK") == "1":
        import traceback  # here: only for whoever asks

        traceback.print_exception(error)
    with contextlib.suppress(OSError, ValueError):  # stderr itself may be closed
        echo(_text(error), err=True)
    return FAILED


def _text(error: BaseException) -> str:
    import click

    from promptkit.errors import PromptkitError, one_line  # here: a run without failure needs no dataclasses

    if isinstance(error, PromptkitError):
        return str(error)
    if isinstance(error, click.UsageError):
        return one_line(_usage(error))
    if isinstance(error, click.ClickException):
        return one_line(f"promptkit: {error.format_message()}")
    if isinstance(error, MemoryError):
        return "promptkit: out of memory; name fewer prompts, or look for one that grows without end"
    if isinstance(error, RecursionError):
        return "promptkit: nested too deeply; flatten the template or data that the command reads"
    if isinstance(error, OSError) and error.strerror:
        return one_line(f"{error.filename or 'promptkit'}: {error.strerror}")
    return one_line(f"internal error: {type(error).__name__}: {error}; please report it")


def _torn(error: click.UsageError) -> bool:
    """Whether a stray word is part of an input: `name=Ada`, or what stands after `-i name`."""
    given = () if error.ctx is None else error.ctx.params.get("given") or ()
    return "=" in error.message or any("=" not in pair for pair in given)


def _usage(error: click.UsageError) -> str:
    import click

    from promptkit.errors import did_you_mean  # here: as above

    message = error.format_message().rstrip(".")
    if isinstance(error, click.NoSuchOption):
        message = f"no such option '{error.option_name}'{did_you_mean(error.option_name, error.possibilities or ())}"
    stray = isinstance(error, click.NoSuchOption) or ("unexpected extra argument" in message and _torn(error))
    if stray and error.ctx is not None and any(each.name == "given" for each in error.ctx.command.params):
        message = message.removesuffix("?") + "; an input is given as -i NAME=VALUE"
    path = error.ctx.command_path if error.ctx else "promptkit"
    message = message[:1].lower() + message[1:]
    return f"{path}: {message}" if "; " in message else f"{path}: {message}; see {path} --help"
