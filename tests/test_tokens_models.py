from __future__ import annotations

from typing import Literal

import pytest
import tiktoken.model

from promptkit.errors import ModelError
from promptkit.tokens import Framing, Tokenizer, count, tokenizer_for
from promptkit.tokens.framing import ASSUMED, DOCUMENTED, DOCUMENTED_0301, NONE
from promptkit.tokens.models import PROXY


@pytest.mark.parametrize(
    ("model", "encoding", "framing"),
    [
        ("gpt-4o", "o200k_base", DOCUMENTED),
        ("gpt-4o-mini-2024-07-18", "o200k_base", DOCUMENTED),
        ("gpt-4o-audio-preview", "o200k_base", ASSUMED),
        ("chatgpt-4o-latest", "o200k_base", ASSUMED),
        ("gpt-4.1", "o200k_base", ASSUMED),
        ("gpt-4.1-mini", "o200k_base", ASSUMED),
        ("gpt-5", "o200k_base", ASSUMED),
        ("gpt-5-mini", "o200k_base", ASSUMED),
        ("gpt-oss-120b", "o200k_base", ASSUMED),
        ("o1-pro", "o200k_base", ASSUMED),
        ("o3", "o200k_base", ASSUMED),
        ("o4-mini", "o200k_base", ASSUMED),
        ("gpt-4", "cl100k_base", DOCUMENTED),
        ("gpt-4-turbo-2024-04-09", "cl100k_base", DOCUMENTED),
        ("gpt-3.5-turbo-0125", "cl100k_base", DOCUMENTED),
        ("gpt-3.5-turbo-0301", "cl100k_base", DOCUMENTED_0301),
        ("gpt-35-turbo", "cl100k_base", DOCUMENTED),
        ("gpt-3.5-turbo-instruct", "cl100k_base", NONE),
        ("davinci-002", "cl100k_base", NONE),
        ("text-embedding-3-small", "cl100k_base", NONE),
        ("o200k_base", "o200k_base", NONE),
        ("o200k_harmony", "o200k_base", NONE),
        ("cl100k_base", "cl100k_base", NONE),
        ("openai/gpt-4o", "o200k_base", DOCUMENTED),
        ("openrouter/openai/gpt-4.1-nano", "o200k_base", ASSUMED),
        ("azure/gpt-35-turbo", "cl100k_base", DOCUMENTED),
        ("bedrock/openai.gpt-oss-20b-1:0", "o200k_base", ASSUMED),
        ("ft:gpt-4o-2024-08-06:acme::abc123", "o200k_base", DOCUMENTED),
        ("ft:gpt-4-0613:acme::abc123", "cl100k_base", DOCUMENTED),
        ("openai/ft:gpt-3.5-turbo-0125:acme::abc123", "cl100k_base", DOCUMENTED),
    ],
)
def test_a_model_that_tiktoken_maps_is_exact(model: str, encoding: str, framing: Framing) -> None:
    assert tokenizer_for(model) == Tokenizer(model, encoding, "exact", framing)  # type: ignore[arg-type]


def test_a_fine_tuned_model_has_the_tokenizer_of_its_base_where_tiktoken_maps_it_wrongly() -> None:
    model = "ft:gpt-4.1-mini-2025-04-14:acme::abc123"
    assert tiktoken.model.encoding_name_for_model(model) == "cl100k_base"
    assert tokenizer_for(model) == Tokenizer(model, "o200k_base", "exact", ASSUMED)


@pytest.mark.parametrize("model", sorted(tiktoken.model.MODEL_TO_ENCODING))
def test_every_model_of_tiktoken_is_exact_or_refused(model: str) -> None:
    encoding = tiktoken.model.MODEL_TO_ENCODING[model]
    if encoding in ("o200k_base", "cl100k_base"):
        assert (tokenizer_for(model).encoding, tokenizer_for(model).basis) == (encoding, "exact")
        return
    with pytest.raises(ModelError) as caught:
        tokenizer_for(model)
    assert str(caught.value) == (
        f"model '{model}': its vocabulary {encoding} is not bundled, as its models are retired; "
        f"use a current model, or estimate:{model} for an estimate"
    )


@pytest.mark.parametrize(
    "model",
    ["gpt-6", "gpt-6-astra", "gpt-6.1-mini-2027-01-01", "openai/gpt-7", "gpt-4.2", "o4", "o5-mini", "chatgpt-6-latest",
     "gpt-realtime", "gpt-audio-mini", "codex-mini-latest", "ft:gpt-6-mini:acme::abc123"],
)  # fmt: skip
def test_a_newer_model_of_the_same_maker_is_assumed(model: str) -> None:
    assert tokenizer_for(model) == Tokenizer(model, "o200k_base", "assumed", ASSUMED)


@pytest.mark.parametrize(
    "model",
    [
        "claude-sonnet-5",
        "claude-3-5-haiku-latest",
        "anthropic/claude-opus-4-7",
        "bedrock/us.anthropic.claude-3-5-sonnet-20241022-v2:0",
        "vertex_ai/claude-sonnet-4@20250514",
        "gemini-2.5-pro",
        "gemini/gemini-3-flash",
        "command-r-plus",
        "grok-4",
        "xai/grok-4-fast",
        "estimate:my-model",
        "estimate:my model of today",
        "estimate:gpt-4",
    ],
)
def test_a_model_whose_tokenizer_is_not_bundled_is_an_estimate_that_says_how(model: str) -> None:
    assert tokenizer_for(model) == Tokenizer(model, "o200k_base", "estimate", ASSUMED, PROXY)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ("gpt-4ox", "unknown model 'gpt-4ox'; did you mean 'gpt-4o'? estimate:gpt-4ox counts it as an estimate"),
        ("GPT-4o", "unknown model 'GPT-4o'; did you mean 'gpt-4o'? estimate:GPT-4o counts it as an estimate"),
        ("gpt-4mini", "unknown model 'gpt-4mini'; did you mean 'gpt-4'? estimate:gpt-4mini counts it as an estimate"),
        ("gpt-5 pro", "unknown model 'gpt-5 pro'; did you mean 'gpt-5'? estimate:gpt-5 pro counts it as an estimate"),
        ("gpt-5\n", "unknown model 'gpt-5\\n'; did you mean 'gpt-5'? estimate:gpt-5\\n counts it as an estimate"),
        ("cluade-3", "unknown model 'cluade-3'; did you mean 'claude'? estimate:cluade-3 counts it as an estimate"),
        ("claudette", "unknown model 'claudette'; did you mean 'claude'? estimate:claudette counts it as an estimate"),
        ("my-own", "unknown model 'my-own'; estimate:my-own counts it as an estimate"),
        ("me/gpt-4o", "unknown model 'me/gpt-4o'; did you mean 'gpt-4o'? estimate:me/gpt-4o counts it as an estimate"),
        ("/", "unknown model '/'; estimate:/ counts it as an estimate"),
        ("ft:", "unknown model 'ft:'; estimate:ft: counts it as an estimate"),
        ("", "model '' names no model; write a model's name, or estimate:NAME for an estimate"),
        ("estimate:", "model 'estimate:' names no model; write a model's name, or estimate:NAME for an estimate"),
        ("p50k_base", "model 'p50k_base': its vocabulary p50k_base is not bundled, as its models are retired; "
                      "use a current model, or estimate:p50k_base for an estimate"),
    ],
)  # fmt: skip
def test_a_name_that_says_nothing_is_refused(model: str, message: str) -> None:
    with pytest.raises(ModelError) as caught:
        tokenizer_for(model)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    "model",
    [
        "claude-sonnet-7", "claude-sonnet-5-latest", "claude-3-5-sonnet-20241022", "anthropic/claude-sonnet-4.5",
        "us.anthropic.claude-sonnet-4-5-20250929-v1:0", "openrouter/anthropic/claude-opus-4.8", "Mistral-Large-2512",
        "mixtral-8x7b", "gemini-2.5-pro-preview-06-05", "command-r", "command-a", "gpt-35-turbo-16k", "gpt-5-codex",
        "gpt-4-32k", "gpt-9-unheard-of", "estimate:claude-sonet-5",
    ],
)  # fmt: skip
def test_another_version_or_another_providers_spelling_is_no_slip(model: str) -> None:
    assert tokenizer_for(model).model == model


@pytest.mark.parametrize(
    ("model", "intended"),
    [
        pytest.param("claude-sonet-5", "claude-sonnet-5", id="missing letter"),
        pytest.param("claude-opuss-5", "claude-opus-5", id="extra letter"),
        pytest.param("gpt-4.1-nini", "gpt-4.1-mini", id="wrong letter"),
        pytest.param("cluade-opus-5", "claude-opus-5", id="swapped letters"),
        pytest.param("gpt-4o-mni", "gpt-4o-mini", id="that tiktoken maps by prefix"),
        pytest.param("gpt-4-o", "gpt-4o", id="extra dash"),
        pytest.param("gpt4o", "gpt-4o", id="no dash"),
        pytest.param("claude-sonnet-4.5", "claude-sonnet-4-5", id="dot for a dash"),
        pytest.param("claude-sonet-4-5-20250929", "claude-sonnet-4-5-20250929", id="dated"),
        pytest.param("ft:gpt-4o-mni:me::1", "ft:gpt-4o-mini:me::1", id="tuned"),
        pytest.param("openrouter/anthropic/claude-sonet-4.5", "openrouter/anthropic/claude-sonnet-4.5", id="provider"),
    ],
)
def test_a_name_but_for_a_slip_a_known_ones_is_refused_with_that(model: str, intended: str) -> None:
    with pytest.raises(ModelError) as caught:
        tokenizer_for(model)
    message = f"unknown model '{model}'; did you mean '{intended}'? estimate:{model} counts it as an estimate"
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("framing", "messages", "names", "expected"),
    [
        pytest.param(DOCUMENTED, 1, 0, 6, id="one message"),
        pytest.param(DOCUMENTED, 3, 2, 14, id="names"),
        pytest.param(DOCUMENTED_0301, 3, 2, 13, id="names in place of roles"),
        pytest.param(NONE, 3, 2, 0, id="text alone"),
        pytest.param(DOCUMENTED, 0, 0, 0, id="no message, no reply"),
    ],
)
def test_framing_adds_to_each_message_and_starts_the_reply(
    framing: Framing, messages: int, names: int, expected: int
) -> None:
    assert framing.tokens(messages, names) == expected


def test_a_chat_is_its_texts_and_its_framing() -> None:
    tokenizer = tokenizer_for("gpt-4o")
    chat = [("system", "Be brief."), ("user", "Hello")]
    texts = sum(count(text, tokenizer.encoding) for message in chat for text in message)
    assert texts == 1 + 3 + 1 + 1
    assert texts + tokenizer.framing.tokens(len(chat)) == 15


def test_a_model_that_only_a_later_tiktoken_maps_is_assumed_until_then() -> None:
    mapped = any("gpt-5.2".startswith(prefix) for prefix in tiktoken.model.MODEL_PREFIX_TO_ENCODING)
    basis: Literal["exact", "assumed"] = "exact" if mapped else "assumed"  # 0.14 maps it, 0.13 does not
    assert tokenizer_for("gpt-5.2") == Tokenizer("gpt-5.2", "o200k_base", basis, ASSUMED)


@pytest.mark.parametrize("model", ["gpt-4o-mini-tests", "gpt-5-thinking"])
def test_a_name_that_only_begins_like_a_model_is_assumed(model: str) -> None:
    assert tokenizer_for(model).basis == "assumed"


@pytest.mark.parametrize("model", ["gpt-4.1-mini-2025-04-14", "o4-mini-deep-research", "gpt-4o-realtime-preview"])
def test_dates_and_usual_words_keep_a_name_exact(model: str) -> None:
    assert tokenizer_for(model).basis == "exact"
