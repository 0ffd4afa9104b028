"""From a rendered prompt to the body of a provider's request. Adding a provider is one function and its entry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from promptkit.errors import ProviderError, did_you_mean
from promptkit.providers.openai import chat
from promptkit.providers.text import text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from promptkit.model import Rendered

PROVIDERS: Mapping[str, Callable[[Rendered], dict[str, Any]]] = {"openai": chat, "text": text}


def request_body(rendered: Rendered, provider: str) -> dict[str, Any]:
    """The JSON body of the request that sends a rendered prompt. Raises ProviderError for an unknown provider."""
    if provider not in PROVIDERS:
        raise ProviderError(f"unknown provider '{provider}'{did_you_mean(provider, PROVIDERS)}")
    return PROVIDERS[provider](rendered)
