"""How far an estimate is from a vendor's own counts: a ratio, and its error on prompts that it was not fitted on."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from hashlib import sha256
from itertools import chain, zip_longest
from math import ceil
from typing import TYPE_CHECKING, Any

from promptkit.config import RATIOS, Calibration
from promptkit.errors import ModelError, PromptkitError
from promptkit.remote import count_request
from promptkit.tokens import message_parts, tokenizer_for

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from promptkit.model import Rendered
    from promptkit.tokens import Tokenizer

ENOUGH = 5  # prompts held out, from which their errors say something


@dataclass(frozen=True, slots=True)
class Sample:
    """One rendered prompt: its tokens by the vocabulary that stands in, and the request that asks the vendor."""

    prompt: str
    variant: str
    tokens: int
    body: Mapping[str, Any] = field(repr=False)


def stand_in(model: str) -> Tokenizer:
    """The tokenizer of an estimate, as it counts without calibration. Raises ModelError for any other model."""
    tokenizer = tokenizer_for(model)
    if tokenizer.basis != "estimate":
        raise ModelError(
            f"'{model}' is counted by {tokenizer.encoding} ({tokenizer.basis}); only estimates are calibrated"
        )
    return tokenizer


def sample(rendered: Rendered, tokenizer: Tokenizer) -> Sample | None:
    """A prompt to calibrate with: its text alone, without tools and schema. None where that is not all it holds."""
    if any(message.parts or message.tool_calls or message.tool_call_id for message in rendered.messages):
        return None
    text = replace(rendered, tools=(), schema=None)
    tokens = sum(sum(message_parts(message, tokenizer)) for message in text.messages) + tokenizer.framing.reply
    variant = rendered.variant
    return Sample(variant.prompt.name, variant.name, tokens, count_request(text, tokenizer.model))


def chosen(samples: Iterable[Sample], limit: int) -> tuple[Sample, ...]:
    """At most `limit` different samples: the first variant of each prompt, then the second, and so on."""
    by_prompt: dict[str, list[Sample]] = {}
    seen: set[str] = set()
    for each in samples:
        text = json.dumps(each.body, sort_keys=True)
        if text not in seen:
            seen.add(text)
            by_prompt.setdefault(each.prompt, []).append(each)
    rounds = chain.from_iterable(zip_longest(*by_prompt.values()))
    return tuple(each for each in rounds if each is not None)[:limit]


def held_out(samples: Sequence[Sample]) -> frozenset[str]:
    """The prompts that the ratio is not fitted on: every second, by the hash of the name.

    All variants of a prompt are on one side, for they share most of their text.
    """
    names = sorted({each.prompt for each in samples}, key=lambda name: sha256(name.encode()).digest())
    return frozenset(names[1::2])


def calibration(samples: Sequence[Sample], counts: Sequence[int], on: date, endpoint: str) -> Calibration:
    """What the vendor's counts of the samples say. Raises PromptkitError with fewer than two prompts."""
    out = held_out(samples)
    pairs = list(zip(samples, counts, strict=True))
    fitted = [(each.tokens, count) for each, count in pairs if each.prompt not in out]
    others = [(each.tokens, count) for each, count in pairs if each.prompt in out]
    if not others:
        raise PromptkitError("calibrating needs two prompts or more: one part to fit the ratio, one to see its error")
    ratio = round(sum(count for _, count in fitted) / sum(tokens for tokens, _ in fitted), 4)
    if not RATIOS[0] <= ratio <= RATIOS[1]:
        raise PromptkitError(f"{endpoint}: counts are {ratio:g} times promptkit's; is it the model's count endpoint?")
    errors = sorted(abs(count - tokens * ratio) / (tokens * ratio) for tokens, count in others)
    enough = len(errors) >= ENOUGH
    return Calibration(
        ratio=ratio,
        error_p50=_quantile(errors, 0.5) if enough else None,
        error_p95=_quantile(errors, 0.95) if enough else None,
        fitted_on=len(fitted),
        held_out=len(others),
        date=on.isoformat(),
        endpoint=endpoint,
    )


def _quantile(ordered: Sequence[float], share: float) -> float:
    """The least value that at least that share of the values does not exceed, rounded up to four digits."""
    return ceil(ordered[ceil(share * len(ordered)) - 1] * 10_000) / 10_000


def written(calibrations: Mapping[str, Calibration]) -> str:
    """The text of calibration.json: a model each, sorted, so that it is reviewed as a diff."""
    entries = {model: asdict(each) for model, each in sorted(calibrations.items())}
    return json.dumps(entries, ensure_ascii=False, indent=2) + "\n"
