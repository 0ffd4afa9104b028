"""What every request body has: the model's name, and the prompt's own parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from promptkit.errors import ProviderError

if TYPE_CHECKING:
    from promptkit.model import Rendered


def model_of(rendered: Rendered) -> str | None:
    """The model that a request names: the one given, else the prompt's, else the library's first, else None."""
    models = rendered.variant.prompt.library.config.models
    return rendered.model or rendered.variant.settings.model or (models[0] if models else None)


def with_params(body: dict[str, Any], rendered: Rendered) -> dict[str, Any]:
    """The body with the prompt's parameters, none of which may take the place of what the prompt itself says."""
    params = rendered.variant.settings.params
    clash = next((key for key in params if key in {*body, "model", "messages", "prompt"}), None)
    if clash is not None:
        raise ProviderError(
            f"{rendered.variant.prompt.name}: params has '{clash}', which the prompt itself decides; remove it",
            rendered.variant.prompt.spec.span,
        )
    return {**body, **params}
