"""From a rendered prompt to the body of a provider's request. Adding a provider is one function and its entry.

A package of yours adds one by an entry point of the group `promptkit.providers`: a function that takes the Rendered,
its options being keyword-only parameters, and returns the body.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from os import PathLike
from typing import TYPE_CHECKING, Any

from promptkit.errors import ProviderError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from promptkit.model import Rendered

    Builder = Callable[..., Mapping[str, Any]]

GROUP = "promptkit.providers"


@dataclass(frozen=True, slots=True)
class Option:
    """An option of a provider. Its value is of one of `types`."""

    types: tuple[type, ...]
    needed: str | None = None  # what to pass, for an option that the provider cannot do without


@dataclass(frozen=True, slots=True)
class Provider:
    """A provider's request: `load` gives the function of its body, whose module is imported then.

    `api` is the endpoint's name, `source` the page that documents it, read on `checked`. `without` are the makers whose
    models it never has under their makers' names.
    """

    load: Callable[[], Builder]
    api: str
    source: str | None = None
    checked: str = "2026-11-24"
    options: Mapping[str, Option] = field(default_factory=dict)
    without: tuple[str, ...] = ()


def _openai() -> Builder:
    from promptkit.providers.openai import chat

    return chat


def _responses() -> Builder:
    from promptkit.providers.responses import responses

    return responses


def _anthropic() -> Builder:
    from promptkit.providers.anthropic import messages

    return messages


def _gemini() -> Builder:
    from promptkit.providers.gemini import generate_content

    return generate_content


def _bedrock() -> Builder:
    from promptkit.providers.bedrock import converse

    return converse


def _mistral() -> Builder:
    from promptkit.providers.mistral import chat

    return chat


def _ollama() -> Builder:
    from promptkit.providers.ollama import chat

    return chat


def _huggingface() -> Builder:
    from promptkit.providers.huggingface import prompt

    return prompt


def _text() -> Builder:
    from promptkit.providers.text import text

    return text


_CACHE = {"cache": Option((bool,))}
_TEMPLATE = "the path of a tokenizer_config.json or a chat_template.jinja (on the command line: --chat-template FILE)"

# By their names. OpenAI's body is what many services take, of any maker; a chat template and plain text go anywhere.
_MAKERS = (
    ("OpenAI", re.compile(r"(chatgpt|gpt-(?!oss)|o\d+(-|$))")),
    ("Anthropic", re.compile(r"claude-")),
    ("Google", re.compile(r"gemini-")),
)

PROVIDERS: Mapping[str, Provider] = {
    "openai": Provider(_openai, "chat completions", "https://platform.openai.com/docs/api-reference/chat/create"),
    "openai-responses": Provider(
        _responses, "responses", "https://platform.openai.com/docs/api-reference/responses/create"
    ),
    "anthropic": Provider(
        _anthropic,
        "messages",
        "https://platform.claude.com/docs/en/api/messages",
        options=_CACHE,
        without=("OpenAI", "Google"),
    ),
    "gemini": Provider(
        _gemini,
        "generateContent",
        "https://ai.google.dev/api/generate-content",
        without=("OpenAI", "Anthropic"),
    ),
    "bedrock": Provider(
        _bedrock,
        "Converse",
        "https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html",
        options=_CACHE,
        without=("OpenAI", "Anthropic", "Google"),
    ),
    "mistral": Provider(
        _mistral,
        "chat completions",
        "https://docs.mistral.ai/api/endpoint/chat",
        without=("OpenAI", "Anthropic", "Google"),
    ),
    "ollama": Provider(_ollama, "chat", "https://docs.ollama.com/api/chat", without=("OpenAI", "Anthropic")),
    "huggingface": Provider(
        _huggingface,
        "text by a tokenizer's chat template",
        "https://huggingface.co/docs/transformers/chat_templating",
        options={"chat_template": Option((str, PathLike), needed=_TEMPLATE)},
    ),
    "text": Provider(_text, "plain text"),
}


# Names that people try for a provider: of its models, its maker or its cloud. They are suggested, never taken.
ALIASES = {
    "claude": "anthropic",
    "gpt": "openai",
    "chatgpt": "openai",
    "azure": "openai",
    "google": "gemini",
    "vertex": "gemini",
    "aws": "bedrock",
    "hf": "huggingface",
}


def request_body(rendered: Rendered, provider: str, **options: Any) -> dict[str, Any]:
    """The JSON body of the request that sends a rendered prompt.

    `options` are the provider's own: `cache=True` for anthropic and bedrock, `chat_template=PATH` for huggingface.
    Raises ProviderError: an unknown provider or option, or a prompt that the provider cannot take.
    """
    found = provider_of(provider)
    for name, value in options.items():
        _check_option(provider, found, name, value)
    missing = next((name for name, each in found.options.items() if each.needed and name not in options), None)
    if missing is not None:
        raise ProviderError(f"provider '{provider}' needs {missing}: {found.options[missing].needed}")
    _check_model(rendered, provider, found)
    body = found.load()(rendered, **options)
    if not isinstance(body, dict):
        raise ProviderError(f"provider '{provider}' gave {type(body).__name__}, not a dict; correct its package")
    if not rendered.messages:
        spec = rendered.variant.prompt.spec
        raise ProviderError(f"'{spec.name}' renders to no message, which no request may; add a user block", spec.span)
    return body


def provider_of(name: str) -> Provider:
    """The provider of that name. Raises ProviderError where there is none."""
    if not isinstance(name, str):  # callers without a type checker
        raise ProviderError(
            f"a provider is named by a text, not {type(name).__name__}; known: {', '.join(provider_names())}"
        )
    return PROVIDERS.get(name) or _added(name)


def provider_names() -> tuple[str, ...]:
    """The providers of promptkit, then those that installed packages add."""
    return (*PROVIDERS, *sorted(each for each in _entry_points() if each not in PROVIDERS))


def _check_model(rendered: Rendered, provider: str, found: Provider) -> None:
    """Refuses to send a model that the library names to count tokens for, where the provider cannot have it."""
    config = rendered.variant.prompt.library.config
    if rendered.model or rendered.variant.settings.model or not config.models:
        return  # what a caller or the prompt names is sent as it is
    model, place = config.placed_models[0]
    maker = next((maker for maker, names in _MAKERS if names.match(model)), None)
    if maker in found.without:
        raise ProviderError(
            f"{provider} has no model '{model}', which the library's models begin with; "
            "name one by model: in the prompt, render(model=...) or --model",
            place,
        )


def _check_option(provider: str, found: Provider, name: str, value: Any) -> None:
    option = found.options.get(name)
    if option is None:
        hint = did_you_mean(name, found.options) if found.options else "; it has none"
        if name == "model":
            hint = "; name the model in render(model=...)"
        raise ProviderError(f"provider '{provider}' has no option '{name}'{hint}")
    if not isinstance(value, option.types):
        wanted = " or ".join(each.__name__ for each in option.types)
        raise ProviderError(f"provider '{provider}': {name} must be {wanted}, not {type(value).__name__}")


def _entry_points() -> Mapping[str, Any]:
    from importlib.metadata import entry_points  # here: only a name that is not in the table needs it

    return {each.name: each for each in entry_points(group=GROUP)}


def _added(name: str) -> Provider:
    """A provider of an installed package. Raises ProviderError for a name that no one has."""
    points = _entry_points()
    if name not in points:
        if name.lower() in ALIASES:
            raise ProviderError(f"unknown provider '{name}'; did you mean '{ALIASES[name.lower()]}'?")
        known: Iterable[str] = (*PROVIDERS, *points)
        raise ProviderError(f"unknown provider '{name}'{did_you_mean(name, known)}")
    try:
        function = points[name].load()
    except Exception as error:  # what a stranger's module raises when it is imported is anyone's guess
        raise ProviderError(
            f"provider '{name}' ({points[name].value}) cannot be loaded: {type(error).__name__}: {error}"
        ) from error
    if not callable(function):
        raise ProviderError(f"provider '{name}' ({points[name].value}) is no function; correct its package")
    from inspect import signature  # here: only such a provider needs it

    named = [each for each in signature(function).parameters.values() if each.kind is each.KEYWORD_ONLY]
    options = {each.name: Option((object,), "a value" if each.default is each.empty else None) for each in named}
    return Provider(lambda: function, points[name].value, options=options)
