"""`promptkit completion`: the scripts, and the answer that they ask for.

click knows which parameter a word belongs to. The scripts are our own: click's for fish cuts a word at a comma and its
one for bash loses a word with = or :, and a matrix's variants are called `shots=0,tone=warm`. Each hands over the line
up to the cursor and reads lines of a type (plain, file, dir), a tab and a word.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem, ShellComplete, split_arg_string

from promptkit.cli import COMPLETION
from promptkit.cli.options import common
from promptkit.cli.output import echo

if TYPE_CHECKING:
    from pathlib import Path

# Bash cuts the word at the characters of COMP_WORDBREAKS and replaces only its last part, so words come cut as well.
_BASH = """\
_promptkit_completion() {
    local type word
    COMPREPLY=()
    while IFS=$'\\t' read -r type word; do
        case $type in
            plain)
                COMPREPLY+=("$word")
                [[ $word == *= ]] && compopt -o nospace 2> /dev/null ;;
            dir) COMPREPLY=(); compopt -o dirnames 2> /dev/null ;;
            file) COMPREPLY=(); compopt -o default 2> /dev/null ;;
        esac
    done < <(COMP_LINE="${COMP_LINE:0:COMP_POINT}" COMP_WORDBREAKS="$COMP_WORDBREAKS" \\
        _PROMPTKIT_COMPLETE=bash_complete "$1" 2> /dev/null)
    return 0
}
complete -o nosort -F _promptkit_completion promptkit 2> /dev/null || complete -F _promptkit_completion promptkit
"""

_ZSH = """\
#compdef promptkit
_promptkit_completion() {
    local type word
    local -a ready open
    while IFS=$'\\t' read -r type word; do
        case $type in
            plain) [[ $word == *= ]] && open+=("$word") || ready+=("$word") ;;
            dir) _path_files -/ ;;
            file) _path_files -f ;;
        esac
    done < <(COMP_LINE="${words[1,CURRENT-1]} $PREFIX" _PROMPTKIT_COMPLETE=zsh_complete "${words[1]}" 2> /dev/null)
    (( $#ready )) && compadd -V promptkit -a ready
    (( $#open )) && compadd -V promptkit -S '' -a open
    return 0
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    _promptkit_completion "$@"
else
    (( $+functions[compdef] )) || { autoload -Uz compinit && compinit }
    compdef _promptkit_completion promptkit
fi
"""

_FISH = """\
function _promptkit_completion
    set -l command (commandline -opc)[1]
    COMP_LINE=(commandline -cp) _PROMPTKIT_COMPLETE=fish_complete $command 2> /dev/null | while read -l -d \\t type word
        switch $type
            case plain
                echo $word
            case dir
                __fish_complete_directories $word
            case file
                __fish_complete_path $word
        end
    end
end
complete --command promptkit --no-files --arguments '(_promptkit_completion)'
"""

SCRIPTS = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH}


@click.command("completion")
@click.argument("shell", type=click.Choice(list(SCRIPTS)))
@common("text")
def command(shell: str, library: Path | None, output_format: str) -> int:  # noqa: ARG001 (the same for every library)
    """Print the script that completes words in a shell.

    It completes commands, options, and from the nearest library the names of prompts, variants, inputs and models. Put
    one of these lines into the file that the shell reads at its start:

    \b
    ~/.bashrc                    source <(promptkit completion bash)
    ~/.zshrc                     source <(promptkit completion zsh)
    ~/.config/fish/config.fish   promptkit completion fish | source

    \b
    promptkit completion bash
    """
    echo(SCRIPTS[shell], end="")
    return 0


def completed(group: click.Group, instruction: str) -> int:
    """Answer a shell that asks, as `bash_complete`, what the word at the end of COMP_LINE may become."""
    shell, _, what = instruction.partition("_")
    if shell not in SCRIPTS or what != "complete":
        return 2
    echo(_Answer(group, {}, "promptkit", COMPLETION).complete())
    return 0


class _Answer(ShellComplete):
    """What click finds for the line, in the form that the scripts read."""

    name = "promptkit"

    def get_completion_args(self) -> tuple[list[str], str]:
        """The words before the one to complete, and that one; the command's own name is left out."""
        line = os.environ.get("COMP_LINE", "")
        words = split_arg_string(line)[1:]
        typed = words.pop() if words and not line[-1:].isspace() else ""
        option, equals, value = typed.partition("=") if typed.startswith("--") else ("", "", typed)
        full = option + equals if line.endswith(typed) else ""  # a quoted word is neither cut nor led in
        breaks = os.environ.get("COMP_WORDBREAKS", "")
        whole = full + value
        self._lead = full
        self._cut = max((whole.rfind(character) for character in "=:@" if character in breaks), default=-1) + 1
        return words, typed

    def format_completion(self, item: CompletionItem[Any]) -> str:
        """One line for the script."""
        word = item.value if item.value.startswith("-") else self._lead + item.value
        return f"{item.type}\t{word[self._cut :]}"
