"""Request bodies: what each provider's carries."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from provider_cases import (
    ASSISTANT,
    AUDIO,
    CALL,
    PDF,
    PNG,
    PROVIDERS,
    RESULT,
    SYSTEM,
    TOKENIZER,
    USER,
    WEATHER,
    bare,
    image,
    message_of,
    refused,
    rich,
    static,
    varying,
    with_media,
)

from promptkit import Prompt, blocks
from promptkit.messages import Media, Message, ToolCall

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def template(tmp_path: Path) -> str:
    """A tokenizer's file with a chat template."""
    path = tmp_path / "tokenizer_config.json"
    path.write_text(json.dumps(TOKENIZER))
    return str(path)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_the_body_of_a_rich_prompt(provider: str, template: str, golden: Callable[[str, str], None]) -> None:
    rendered = rich(provider)
    if provider == "text":  # it has no form for tools and their calls
        rendered = replace(rendered, tools=(), messages=(*rendered.messages[:3], rendered.messages[-1]))
    body = rendered.to(provider, **({"chat_template": template} if provider == "huggingface" else {}))
    golden(f"providers/{provider}.json", json.dumps(body, ensure_ascii=False, indent=2) + "\n")


def test_parallel_results_are_one_turn_of_the_user() -> None:
    calls = Message("assistant", "", (ToolCall("a", "weather", '{"city": "Oslo"}'), ToolCall("b", "weather", "")))
    turns = (USER, calls, replace(RESULT, tool_call_id="a"), Message("tool", "", tool_call_id="b"), USER)
    anthropic = bare(*turns).to("anthropic")["messages"]
    assert [message["role"] for message in anthropic] == ["user", "assistant", "user"]
    assert anthropic[1]["content"][0] == {"type": "tool_use", "id": "a", "name": "weather", "input": {"city": "Oslo"}}
    assert anthropic[2]["content"] == [
        {"type": "tool_result", "tool_use_id": "a", "content": "rain"},
        {"type": "tool_result", "tool_use_id": "b"},
        {"type": "text", "text": "Hi"},
    ]
    gemini = bare(*turns).to("gemini")["contents"]
    assert [part["functionResponse"]["id"] for part in gemini[2]["parts"][:2]] == ["a", "b"]
    assert gemini[2]["parts"][2] == {"text": "Hi"}
    bedrock = bare(*turns).to("bedrock")["messages"]
    assert [block["toolResult"]["content"] for block in bedrock[2]["content"][:2]] == [[{"text": "rain"}], []]


def test_anthropic_takes_a_system_message_after_the_users_turn() -> None:
    body = bare(SYSTEM, USER, SYSTEM, ASSISTANT, USER, SYSTEM).to("anthropic")
    assert body["system"] == [{"type": "text", "text": "Rules"}]
    assert [message["role"] for message in body["messages"]] == ["user", "system", "assistant", "user", "system"]


def test_mistral_goes_on_from_a_last_turn_of_the_assistant() -> None:
    assert bare(USER, ASSISTANT).to("mistral")["messages"][-1] == {"role": "assistant", "content": "Yo", "prefix": True}
    assert "prefix" not in bare(USER, ASSISTANT, USER).to("mistral")["messages"][1]


def test_a_tools_result_may_name_its_function() -> None:
    body = bare(USER, CALL, replace(RESULT, name="weather")).to("anthropic")
    assert body["messages"][2]["content"] == [{"type": "tool_result", "tool_use_id": "call0rain", "content": "rain"}]
    assert "the name 'rain' of a message of 'tool-2'" in refused(
        bare(USER, CALL, replace(RESULT, name="rain")), "gemini"
    )


@pytest.mark.parametrize(
    ("provider", "params", "placed"),
    [
        (
            "gemini",
            {"temperature": 1, "labels": {"a": "b"}},
            {"generationConfig": {"temperature": 1}, "labels": {"a": "b"}},
        ),
        ("gemini", {"max_tokens": 7}, {"generationConfig": {"max_tokens": 7}}),  # as it stands, for the API to refuse
        ("gemini", {"seed": 1, "generationConfig": {"topK": 2}}, {"generationConfig": {"seed": 1, "topK": 2}}),
        (
            "bedrock",
            {"maxTokens": 7, "serviceTier": {"type": "flex"}},
            {"inferenceConfig": {"maxTokens": 7}, "serviceTier": {"type": "flex"}},
        ),
        ("ollama", {"seed": 1, "stream": False}, {"options": {"seed": 1}, "stream": False}),
        ("mistral", {"random_seed": 1}, {"random_seed": 1}),
        ("openai-responses", {"store": False}, {"store": False}),
    ],
)
def test_params_stand_where_the_provider_has_them(
    provider: str, params: dict[str, Any], placed: dict[str, Any]
) -> None:
    body = Prompt("p", [blocks.user("x")], params=params).render().to(provider)
    assert {key: value for key, value in body.items() if key not in ("messages", "contents", "input")} == placed


B64 = "iVBORw0KGgoAAAAAAAAAAA=="


@pytest.mark.parametrize(
    ("provider", "media", "carried"),
    [
        (
            "openai-responses",
            image(),
            {"type": "input_image", "detail": "auto", "image_url": f"data:image/png;base64,{B64}"},
        ),
        (
            "openai-responses",
            PDF,
            {"type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERi0="},
        ),
        ("anthropic", image(), {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": B64}}),
        (
            "anthropic",
            image(data=None, url="https://e.org/a"),
            {"type": "image", "source": {"type": "url", "url": "https://e.org/a"}},
        ),
        (
            "anthropic",
            PDF,
            {
                "type": "document",
                "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0="},
                "title": "a.pdf",
            },
        ),
        (
            "anthropic",
            image(type="file", media_type="text/plain", data="né".encode()),
            {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "né"}},
        ),
        ("gemini", image(), {"inlineData": {"mimeType": "image/png", "data": B64}}),
        ("gemini", AUDIO, {"inlineData": {"mimeType": "audio/wav", "data": "UklGRg=="}}),
        (
            "gemini",
            image(data=None, url="https://e.org/a"),
            {"fileData": {"fileUri": "https://e.org/a", "mimeType": "image/png"}},
        ),
        ("bedrock", image(), {"image": {"format": "png", "source": {"bytes": PNG}}}),
        ("bedrock", AUDIO, {"audio": {"format": "wav", "source": {"bytes": b"RIFF"}}}),
        ("bedrock", PDF, {"document": {"format": "pdf", "source": {"bytes": b"%PDF-"}, "name": "document 1"}}),
        ("mistral", image(), {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{B64}"}}),
        ("mistral", AUDIO, {"type": "input_audio", "input_audio": "UklGRg=="}),
        (
            "mistral",
            PDF,
            {"type": "document_url", "document_url": "data:application/pdf;base64,JVBERi0=", "document_name": "a.pdf"},
        ),
    ],
)
def test_media_stand_among_the_texts_in_their_order(provider: str, media: Media, carried: dict[str, Any]) -> None:
    body = with_media("Look: ", media, "\n\n", image(), " and say").to(provider)
    turn = (body.get("messages") or body.get("contents") or body.get("input"))[0]
    parts = turn.get("content") or turn["parts"]
    assert parts[1] == carried
    assert [part["text"] for part in parts if part.get("text", "").strip()] == ["Look: ", " and say"]


def test_ollama_has_its_images_beside_the_text() -> None:
    assert with_media("Look: ", image(), "!").to("ollama")["messages"] == [
        {"role": "user", "content": "Look: !", "images": [B64]}
    ]


# -- the cache ---------------------------------------------------------------------------------------------------------


def marks(body: dict[str, Any]) -> list[str]:
    """The texts and tools that have a breakpoint, in the order of Anthropic's cache."""
    turns = [block for message in body["messages"] for block in message["content"] if isinstance(block, dict)]
    found = [*body.get("tools", ()), *body.get("system", ()), *turns]
    return [block.get("text", block.get("name")) for block in found if "cache_control" in block]


@pytest.mark.parametrize(
    ("messages", "marked"),
    [
        pytest.param(
            (message_of("system", static("All static.")), message_of("user", varying("x"))),
            ["All static."],
            id="system",
        ),
        pytest.param(
            (message_of("system", static("To "), varying("you")), message_of("user", static("x"))), ["To"], id="inside"
        ),
        pytest.param(
            (message_of("system", static("\n"), varying("you")), message_of("user", static("x"))), [], id="blank-head"
        ),
        pytest.param(
            (message_of("system", static("S"), varying(" ")), message_of("user", static("x"))), [], id="blank-tail"
        ),
        pytest.param((message_of("system", varying("you")), message_of("user", static("x"))), [], id="nothing"),
        pytest.param(
            (
                message_of("system", static("S")),
                message_of("user", static("q")),
                message_of("assistant", static("a")),
                message_of("user", varying("x")),
            ),
            ["S", "a"],
            id="examples",
        ),
        pytest.param(
            (message_of("system", static("S")), message_of("user", static("Context. "), varying("x"))),
            ["S", "Context."],
            id="user-head",
        ),
        pytest.param(
            (message_of("user", static("q")), replace(CALL, content="Hm", origin=(static("Hm"),)), RESULT),
            ["q"],
            id="calls",
        ),
    ],
)
def test_the_cache_is_marked_at_the_end_of_the_static_prefix(messages: tuple[Message, ...], marked: list[str]) -> None:
    plain, cached = bare(*messages).to("anthropic"), bare(*messages).to("anthropic", cache=True)
    assert marks(cached) == marked
    assert marks(plain) == []
    assert marks(bare(*messages, tools=(WEATHER,)).to("anthropic", cache=True)) == ["weather", *marked]
    bedrock = bare(*messages, tools=(WEATHER,)).to("bedrock", cache=True)
    assert json.dumps(bedrock).count('"cachePoint"') == len(marked) + 1
    assert "cachePoint" not in json.dumps(bare(*messages).to("bedrock"))


def test_bedrock_has_its_cache_point_after_the_static_text() -> None:
    body = bare(message_of("user", static("Context."), varying(" x"))).to("bedrock", cache=True)
    assert body["messages"][0]["content"] == [{"text": "Context."}, {"cachePoint": {"type": "default"}}, {"text": " x"}]
