"""What a model's name is made of: the provider it is asked of, the model's own name, whether it is a fine-tuned one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection

ESTIMATE: Final = "estimate:"
"""Before a model's name: to count by another model's tokenizer. It is the same model at the same price."""

# What may stand before a "/" in a model's name: prefixes as litellm and OpenRouter write them, organisations on Hugging
# Face. In common use on 2026-11-24, from no single list: one that is missing is refused.
PROVIDERS = frozenset(
    {
        "ai21", "amazon", "anthropic", "azure", "azure_ai", "bedrock", "cerebras", "cohere", "coherelabs", "dashscope",
        "databricks", "deepinfra", "deepseek", "deepseek-ai", "fireworks_ai", "gemini", "github", "github_copilot",
        "google", "groq", "hosted_vllm", "huggingface", "ibm-granite", "litellm_proxy", "lm_studio", "meta",
        "meta-llama", "microsoft", "minimax", "mistral", "mistralai", "moonshot", "moonshotai", "nvidia", "nvidia_nim",
        "ollama", "ollama_chat", "openai", "openrouter", "perplexity", "qwen", "replicate", "sambanova", "together_ai",
        "vertex_ai", "vllm", "watsonx", "x-ai", "xai", "z-ai", "zai", "zai-org",
    }
)  # fmt: skip
# Amazon Bedrock's ids put region and maker before a dot: `us.anthropic.claude-...`.
_BEDROCK = re.compile(
    r"((us|eu|apac|global|jp|au|us-gov)\.)?(ai21|amazon|anthropic|cohere|deepseek|meta|mistral|openai|qwen)\."
)

_DATED = re.compile(r"[-@](\d{8}|\d{4}-\d{2}-\d{2}|latest)$")
_RUN = re.compile(r"[a-z]+|\d+", re.IGNORECASE)
_WORD = 3  # letters from which a word can have a slip: shorter ones, as in gpt-4o and command-r, tell models apart


class ModelName(NamedTuple):
    """A model's name in its parts.

    `name` is the model's own, of a fine-tuned one (`tuned`) that of its base. `provider` is whoever it is asked of:
    the first prefix, lower case; bedrock for an id of Amazon's; None where the name says none.
    """

    name: str
    provider: str | None = None
    tuned: bool = False


def model_name(model: str) -> ModelName:
    """The parts of `provider/model`, of Amazon Bedrock's ids and of `ft:model:...`; any other name is its own.

    `estimate:` before it is no part of the name.
    """
    model = model.removeprefix(ESTIMATE)
    *prefixes, name = model.split("/")
    if any(prefix.lower() not in PROVIDERS for prefix in prefixes):
        return ModelName(model)
    provider = prefixes[0].lower() if prefixes else None
    if _BEDROCK.match(name):
        name, provider = _BEDROCK.sub("", name, count=1), provider or "bedrock"
    if name.startswith("ft:"):
        return ModelName(name.split(":")[1], provider, tuned=True)
    return ModelName(name, provider)


def meant(model: str, known: Collection[str]) -> str | None:
    """The name that `model` is but for a slip: one wrong, missing, extra or swapped letter in one word of a known name.

    Without a provider before it a name's separators count too, as providers write them each in their own way. Figures
    are never a slip: another version is another model. None for a known name, also with a date behind it.
    """
    name, provider, _ = model_name(model)
    plain = _DATED.sub("", name).lower()
    if plain in known or name.lower() in known:
        return None
    runs = _RUN.findall(plain)
    if provider is None:
        squeezed = next((other for other in known if "".join(_RUN.findall(other)) == "".join(runs)), None)
        if squeezed is not None:
            return squeezed
    for other in known:
        slip = _slip(runs, _RUN.findall(other))
        if slip is not None:
            place, right = slip
            start, end = list(_RUN.finditer(name))[place].span()
            return model.replace(name, name[:start] + right + name[end:], 1)
    return None


def _slip(runs: list[str], others: list[str]) -> tuple[int, str] | None:
    """Which run differs, by one letter, and what it is in the other name; None where the names differ by more."""
    if len(runs) != len(others):
        return None
    differing = [place for place, run in enumerate(runs) if run != others[place]]
    if len(differing) != 1:
        return None
    run, other = runs[differing[0]], others[differing[0]]
    if min(len(run), len(other)) < _WORD or not (run + other).isalpha() or not _one_letter_apart(run, other):
        return None
    return differing[0], other


def _one_letter_apart(one: str, other: str) -> bool:
    start = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    rest, its = one[start:], other[start:]
    swapped = rest[1::-1] + rest[2:]
    return its in {swapped, rest[1:]} or its[1:] in {rest, rest[1:]}
