"""`promptkit render`."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import click

from promptkit.cli import completing
from promptkit.cli.limits import unit
from promptkit.cli.options import common, inputs_of_a_call, whole_tokens
from promptkit.cli.output import echo
from promptkit.cli.reading import advising, sound_prompt, values
from promptkit.providers import PROVIDERS, provider_of, request_body
from promptkit.render import program, samples
from promptkit.report.messages import explained, headed

if TYPE_CHECKING:
    from pathlib import Path

    from promptkit.messages import Media, Message
    from promptkit.model import Rendered

TEXTS = ("text", "huggingface")  # providers whose body is a text


@click.command("render")
@click.argument("prompt", shell_complete=completing.prompts)
@click.option(
    "--variant",
    metavar="V",
    default="base",
    show_default=True,
    shell_complete=completing.variants,
    help="The variant to render.",
)
@inputs_of_a_call("An input; repeat for more.")
@click.option("--sample", is_flag=True, help="Take the sample of each input that is not given.")
@click.option(
    "--model",
    metavar="M",
    shell_complete=completing.models,
    help="The model that a request names, and whose tokenizer limits use.",
)
@click.option(
    "--max-tokens",
    metavar="N",
    callback=whole_tokens,
    help="Fit it into N tokens: the blocks that its budget's shrink names give way.",
)
@click.option(
    "--to",
    "provider",
    metavar="PROVIDER",
    shell_complete=completing.providers,
    help=f"Print the body of a provider's request: {', '.join(PROVIDERS)}, or one that an installed package adds.",
)
@click.option("--cache", is_flag=True, help="With --to anthropic or bedrock: mark the static prefix for their cache.")
@click.option(
    "--chat-template",
    metavar="FILE",
    shell_complete=completing.files,
    help="With --to huggingface: a tokenizer_config.json or chat_template.jinja.",
)
@click.option("--explain", is_flag=True, help="Mark where each part comes from.")
@common("text", "json")
def command(
    library: Path | None,
    output_format: str,
    prompt: str,
    variant: str,
    given: tuple[str, ...],
    file: str | None,
    sample: bool,
    model: str | None,
    max_tokens: int | None,
    provider: str | None,
    cache: bool,
    chat_template: str | None,
    explain: bool,
) -> int:
    """Print what the model would get.

    \b
    promptkit render support/triage -i ticket="I was charged twice."
    promptkit render support/triage --variant zero-shot --sample --to openai
    echo '{"ticket": "Hello"}' | promptkit render support/triage --inputs -
    promptkit render support/chat --sample --max-tokens 2000 --explain
    """
    options = _options(provider, cache=cache, chat_template=chat_template)
    if provider and explain:
        raise click.UsageError("--explain shows messages, not a request's body; leave out --to")
    chosen = sound_prompt(library, prompt)[variant]
    with unit(f"{chosen.prompt.spec.span.path} ({variant})"):
        accepted = program(chosen).accepted
        inputs = {**(samples(chosen) if sample else {}), **values(given, file, accepted)}
        with advising(given, accepted, samples(chosen)):
            rendered = chosen.render(inputs, model=model, max_tokens=max_tokens)
        body = None if provider is None else request_body(rendered, provider, **options)
        pieces = [message.pieces for message in rendered.messages] if explain else []
    if body is not None:
        echo(str(body["prompt"]) if provider in TEXTS and output_format == "text" else _json(body))
    elif output_format == "json":
        echo(_json(_as_data(rendered, explain=explain)))
    elif explain:
        echo(explained(rendered, pieces))
    else:
        echo(headed(rendered))
    for dropped in rendered.dropped:
        echo(f"{dropped.block}: left out {dropped.what}: {dropped.why}", err=True)
    return 0


def _options(provider: str | None, *, cache: bool, chat_template: str | None) -> dict[str, Any]:
    """The options for the body. A provider that does not exist is told before anything is rendered."""
    options: dict[str, Any] = {"cache": True} if cache else {}
    if chat_template is not None:
        options["chat_template"] = chat_template
    if options and provider is None:
        raise click.UsageError(f"--{next(iter(options)).replace('_', '-')} is for the body of a request; add --to")
    if provider is not None:
        provider_of(provider)
    return options


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2, default=_as_text)


def _as_text(value: Any) -> str:
    """Bytes, such as a picture's, as base64, which is their form in a request's JSON."""
    return base64.b64encode(value).decode("ascii") if isinstance(value, bytes) else str(value)


def _as_data(rendered: Rendered, *, explain: bool) -> dict[str, Any]:
    return {
        "prompt": rendered.variant.prompt.name,
        "variant": rendered.variant.name,
        "fingerprint": rendered.fingerprint,
        "messages": [_message(message, explain=explain) for message in rendered.messages],
        "schema": rendered.schema,
        "tools": [
            {"name": each.name, "description": each.description, "parameters": each.parameters, "block": each.block}
            for each in rendered.tools
        ],
        "selected": [
            {
                "block": each.block,
                "record": each.record,
                "path": each.span.path,
                "line": each.span.line,
                "column": each.span.column,
                "why": each.why,
            }
            for each in rendered.selected
        ],
        "dropped": [{"block": each.block, "what": each.what, "why": each.why} for each in rendered.dropped],
    }


def _media(media: Media) -> dict[str, Any]:
    """What is sent of media, its bytes told by their number."""
    return {
        "type": media.type,
        "media_type": media.media_type,
        "name": media.name,
        "detail": media.detail,
        "url": media.url,
        "bytes": None if media.data is None else len(media.data),
        "block": media.block,
        "inputs": list(media.inputs),
    }


def _message(message: Message, *, explain: bool) -> dict[str, Any]:
    data: dict[str, Any] = {"role": message.role, "content": message.content}
    if message.parts:
        data["parts"] = [part if isinstance(part, str) else _media(part) for part in message.parts]
    if message.tool_calls:
        data["tool_calls"] = [
            {"id": call.id, "name": call.name, "arguments": call.arguments} for call in message.tool_calls
        ]
    if message.tool_call_id is not None:
        data["tool_call_id"] = message.tool_call_id
    if message.name is not None:
        data["name"] = message.name
    if explain:
        data["pieces"] = [
            {
                "text": piece.text,
                "block": piece.block,
                "kind": piece.kind,
                "path": piece.span.path,
                "line": piece.span.line,
                "column": piece.span.column,
                "inputs": list(piece.inputs),
                "conditions": list(piece.conditions),
                "static": piece.static,
            }
            for piece in message.pieces
        ]
    return data
