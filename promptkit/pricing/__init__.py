"""Models and money: what is known of a model, and what its calls cost. Unknown is None, never 0."""

from promptkit.pricing.costs import Cost, cached_tokens, cost
from promptkit.pricing.facts import STALE_AFTER_DAYS, ModelFacts, Quote, Rates, Tier
from promptkit.pricing.models import known_models, model_facts, warnings
from promptkit.pricing.usage import Usage, calls_per_month

__all__ = [
    "STALE_AFTER_DAYS",
    "Cost",
    "ModelFacts",
    "Quote",
    "Rates",
    "Tier",
    "Usage",
    "cached_tokens",
    "calls_per_month",
    "cost",
    "known_models",
    "model_facts",
    "warnings",
]
