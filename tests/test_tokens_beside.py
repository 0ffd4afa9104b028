"""What stands beside the text: tool definitions by the published rule, images by a table, or named as uncounted."""

from __future__ import annotations

import struct
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptkit import Prompt, blocks
from promptkit.errors import Span
from promptkit.messages import Media, Tool
from promptkit.tokens import image_tokens, tokenizer_for, tool_tokens
from promptkit.tokens.images import image_size
from promptkit.tokens.ways import BYS

if TYPE_CHECKING:
    from promptkit import Rendered

HERE = Span("<test>")
WEATHER = {
    "name": "get_current_weather",
    "description": "Get the current weather in a given location",
    "parameters": {
        "type": "object",
        "properties": {
            "location": {"type": "string", "description": "The city and state, e.g. San Francisco, CA"},
            "unit": {
                "type": "string",
                "description": "The unit of temperature to return",
                "enum": ["celsius", "fahrenheit"],
            },
        },
        "required": ["location"],
    },
}


def tool(parameters: Any, description: str = "Finds.") -> Tool:
    return Tool("find", description, parameters, "tools", HERE)


def weather(**more: Any) -> Rendered:
    """The prompt of the cookbook's example, whose counts it prints."""
    return Prompt(
        "weather",
        [
            blocks.system("You are a helpful assistant that can answer to questions about the weather."),
            blocks.tools([WEATHER], **more),
            blocks.user("What's the weather like in San Francisco?"),
        ],
        inputs={"on": {"type": "boolean", "default": True}},
    ).render()


def png(width: int, height: int) -> bytes:
    return b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", width, height) + b"\x08\x02\0\0\0"


def picture(width: int = 1024, height: int = 1024, **changes: Any) -> Media:
    return replace(Media("image", "photo", HERE, data=png(width, height), media_type="image/png"), **changes)


# -- tools -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "parameters",
    [
        pytest.param({"properties": {"a": {"type": "object", "properties": {}}}}, id="an object"),
        pytest.param({"properties": {"a": {"type": "array", "items": {}, "description": "A"}}}, id="an array"),
        pytest.param({"properties": {"a": {"type": "string"}}}, id="no description"),
        pytest.param({"properties": {"a": {"description": "A"}}}, id="no type"),
        pytest.param({"properties": {"a": {"type": ["string", "null"], "description": "A"}}}, id="two types"),
        pytest.param({"properties": {"a": {"type": "integer", "description": "A", "minimum": 1}}}, id="a bound"),
        pytest.param({"properties": {"a": {"type": "integer", "description": "A", "enum": [1]}}}, id="numbers"),
        pytest.param({"properties": {"a": {"$ref": "#/$defs/a"}}, "$defs": {"a": {}}}, id="a reference"),
        pytest.param({"properties": {"a": True}}, id="true"),
    ],
)
def test_a_tool_that_the_rule_does_not_cover_is_uncounted(parameters: Any) -> None:
    assert tool_tokens([tool(parameters)], tokenizer_for("gpt-4o")) is None


@pytest.mark.parametrize("model", ["claude-sonnet-5", "o200k_base", "gemini-2.5-pro"])
def test_tools_of_other_vendors_and_without_a_chat_are_uncounted(model: str) -> None:
    measured = weather().count(model)
    assert (measured.uncounted, measured.definition_tokens) == (("tools",), 0)


@pytest.mark.parametrize(("model", "tokens"), [("gpt-4o", 101), ("gpt-4o-mini", 101), ("gpt-4", 105)])
def test_the_cookbooks_example_has_the_counts_that_it_prints(model: str, tokens: int) -> None:
    measured = weather().count(model)
    assert (measured.tokens, measured.framing, measured.uncounted) == (tokens, "documented", ())


def test_a_later_model_has_the_same_rule_assumed() -> None:
    measured = weather().count("gpt-4.1")
    assert (measured.tokens, measured.basis, measured.framing) == (101, "exact", "assumed")


def test_tool_definitions_are_a_part_of_their_own_in_every_view() -> None:
    measured = weather().count("gpt-4o")
    for by in BYS:
        parts = measured.by(by)
        assert sum(part.tokens for part in parts) == measured.tokens
        assert [part.tokens for part in parts if part.kind == "tools"] == [measured.definition_tokens]


def test_unconditional_definitions_are_static_and_cacheable() -> None:
    measured = weather().count("gpt-4o")
    assert measured.dynamic_tokens == 0
    assert measured.cacheable_prefix_tokens == measured.tokens - 3  # all but the reply's primer
    conditional = weather(when="on").count("gpt-4o")
    assert conditional.tokens == measured.tokens
    assert (conditional.dynamic_tokens, conditional.cacheable_prefix_tokens) == (measured.definition_tokens, 0)


def test_no_tools_cost_nothing() -> None:
    assert tool_tokens([], tokenizer_for("claude-sonnet-5")) == 0


# -- images ------------------------------------------------------------------------------------------------------------


def seen(*parts: Media, model: str = "gpt-4o") -> Any:
    prompt = Prompt(
        "see",
        [blocks.user("Look:"), {"media": {"input": "photo"}}],
        inputs={"photo": {"type": ["image", "array"]}},
    )
    return prompt.render(photo=list(parts)).count(model)


def test_an_image_by_its_url_is_uncounted() -> None:
    measured = seen(picture(data=None, media_type=None, url="https://example.com/a.png"), picture())
    assert (measured.uncounted, measured.media_tokens, measured.basis) == (("image",), 0, "exact")


@pytest.mark.parametrize("model", ["gpt-9", "o200k_base", "gemini-2.5-pro", "gpt-5.3"])
def test_an_image_for_a_model_that_is_not_in_the_table_is_uncounted(model: str) -> None:
    assert image_tokens(picture(), model) is None


@pytest.mark.parametrize(
    ("model", "size", "detail", "tokens"),
    [
        pytest.param("gpt-4o", (1024, 1024), None, 85 + 4 * 170, id="scaled to 768: 2 x 2 tiles"),
        pytest.param("gpt-4o", (4096, 8192), None, 85 + 6 * 170, id="1024 x 2048, then 768 x 1536: 2 x 3 tiles"),
        pytest.param("gpt-4o", (4096, 8192), "low", 85, id="low"),
        pytest.param("gpt-4o", (512, 512), "high", 85 + 170, id="never scaled up"),
        pytest.param("gpt-4o-mini", (512, 512), None, 2833 + 5667, id="mini"),
        pytest.param("gpt-5", (512, 512), None, 70 + 140, id="gpt-5"),
        pytest.param("o1", (512, 512), None, 75 + 150, id="o1"),
        pytest.param("gpt-4.1-mini", (64, 33), None, 7, id="2 x 2 patches x 1.62"),
        pytest.param("claude-3-5-haiku", (280, 28), None, 10, id="patches of 28"),
        pytest.param("claude-sonnet-4", (8000, 8000), None, 1568, id="at most 1,568"),
        pytest.param("claude-opus-4-8", (8000, 8000), None, 4784, id="at most 4,784"),
    ],
)
def test_an_image_has_the_tokens_of_the_table(model: str, size: tuple[int, int], detail: str, tokens: int) -> None:
    found = image_tokens(picture(*size, detail=detail), model)
    assert found is not None
    assert tokens - 40 <= found <= tokens if tokens > 1500 and "claude" in model else found == tokens


def test_a_count_with_an_image_is_an_estimate_that_says_why() -> None:
    measured = seen(picture(), picture())
    assert measured.media_tokens == 2 * (85 + 4 * 170)
    assert (measured.basis, measured.uncounted) == ("estimate", ())
    assert measured.tokenizer.method == "text exact by o200k_base; images by a table of 2026-11-24"
    for by in BYS:
        parts = measured.by(by)
        assert sum(part.tokens for part in parts) == measured.tokens
        assert [part.tokens for part in parts if part.kind == "media"] == [measured.media_tokens]


JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\0\1\1\0\0\1\0\1\0\0" + b"\xff\xc4\x00\x04ab" + b"\xff\xff\xc2\x00\x11\x08"
VP8X = b"RIFF\x00\x00\x00\x00WEBPVP8X\n\0\0\0\0\0\0\0\xff\x01\x00\x1f\x00\x00"
VP8L = b"RIFF\x00\x00\x00\x00WEBPVP8L\0\0\0\0\x2f" + (511 | 31 << 14).to_bytes(4, "little") + bytes(8)
VP8 = b"RIFF\x00\x00\x00\x00WEBPVP8 \0\0\0\0\0\0\0\x9d\x01\x2a" + struct.pack("<HH", 512, 32)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(png(512, 32), id="png"),
        pytest.param(JPEG + struct.pack(">HH", 32, 512) + b"\x03", id="jpeg, progressive"),
        pytest.param(b"GIF89a" + struct.pack("<HH", 512, 32), id="gif"),
        pytest.param(VP8X, id="webp, extended"),
        pytest.param(VP8L, id="webp, lossless"),
        pytest.param(VP8, id="webp, lossy"),
    ],
)
def test_the_size_of_an_image_stands_in_its_header(data: bytes) -> None:
    assert image_size(data) == (512, 32)
    for end in range(len(data)):
        assert image_size(data[:end]) in (None, (512, 32))


@given(st.sampled_from([b"", b"\xff\xd8", JPEG, b"GIF89a", b"RIFF0000WEBPVP8 ", png(1, 1)[:16]]), st.binary())
def test_no_bytes_raise_or_have_no_size(start: bytes, rest: bytes) -> None:
    size = image_size(start + rest)
    assert size is None or min(size) > 0
