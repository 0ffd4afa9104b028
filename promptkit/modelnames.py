"""What a model's name is made of: the provider it is asked of, the model's own name, whether it is a fine-tuned one."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

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
