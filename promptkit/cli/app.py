"""The click group: help from the table, one module loaded for the command that runs."""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING

import click

from promptkit import __version__
from promptkit.cli import COMMANDS, COMPLETION
from promptkit.cli.output import echo, prepare_streams

if TYPE_CHECKING:
    from collections.abc import Sequence


class Commands(click.Group):
    """A group that imports a command's module only when that command runs."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 -- click's signature, as below
        """Names in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command of that name, its module imported now; None if there is none."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(COMMANDS[cmd_name].module).command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that the words name. Raises UsageError with a suggestion."""
        if args[0] not in COMMANDS:
            from promptkit.errors import did_you_mean  # here: only a failing call needs it

            raise click.UsageError(f"unknown command '{args[0]}'{did_you_mean(args[0], COMMANDS)}", ctx)
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> object:
        """What the command returns. An option without its value is told as that command's."""
        try:
            return super().invoke(ctx)
        except click.BadOptionUsage as error:
            name = ctx.invoked_subcommand
            command = None if name is None or error.ctx is not None else self.get_command(ctx, name)
            if command is not None:
                error.ctx = click.Context(command, info_name=name, parent=ctx)
            raise

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """One line a command, without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.help) for name, entry in COMMANDS.items()])


@click.group(cls=Commands, no_args_is_help=False, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="promptkit", message="%(prog)s %(version)s")
def group() -> None:
    """Prompts as a codebase: compose them from blocks, render them exactly, count every token.

    Start here:

    \b
    promptkit init                        a small library in templates/
    promptkit list                        what is in it
    promptkit render feedback --sample    what a model would get
    promptkit tokens                      what each prompt costs, to the token

    These names are of the library that init makes: feedback and reply. The help of a command may show others, such as
    support/triage; take one that `promptkit list` shows you.

    Every command but init takes --library DIR; without it, the nearest folder with a promptkit.yaml is used, else
    templates/.
    Exit codes: 0 fine, 1 findings or a failed check, 2 could not do it.
    """


def dispatch(words: Sequence[str]) -> int:
    """The exit code of one command line. Raises what the command raises; `failures.reported` turns that into a line."""
    prepare_streams()
    if COMPLETION in os.environ:
        from promptkit.cli.completion import completed  # here: only a shell's completion asks for it

        return completed(group, os.environ[COMPLETION])
    # click's own main() is not used: it would exit 1, "findings", on a closed pipe.
    with group.make_context("promptkit", list(words)) as context:
        if not words:
            echo(group.get_help(context), err=True)
            return 2
        code = group.invoke(context)
    return code if isinstance(code, int) else 0
