"""What a provider cannot take is one line that names the block."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from provider_cases import (
    ASSISTANT,
    AUDIO,
    CALL,
    PDF,
    PROVIDERS,
    RESULT,
    SCHEMA,
    SYSTEM,
    USER,
    bare,
    image,
    refused,
    rich,
    with_media,
)

from promptkit import Prompt, ProviderError, blocks, load
from promptkit.messages import Media, Message, ToolCall

PLACES = {"anthropic", "gemini", "bedrock"}
BLANK = "the blank text of a turn of 'assistant-1'; leave the turn out"


@pytest.mark.parametrize(
    ("provider", "messages", "said"),
    [
        pytest.param(
            "anthropic",
            (SYSTEM,),
            "Anthropic cannot take a prompt of system text alone, 'system-0'; add a user block",
            id="no-turn",
        ),
        pytest.param(
            "gemini",
            (SYSTEM,),
            "Gemini cannot take a prompt of system text alone, 'system-0'; add a user block",
            id="no-turn-gemini",
        ),
        pytest.param(
            "bedrock",
            (SYSTEM, ASSISTANT, USER),
            "Bedrock cannot take a conversation that opens with the assistant's turn 'assistant-1'; put a user's turn before it",
            id="assistant-first",
        ),
        pytest.param(
            "gemini",
            (USER, ASSISTANT, SYSTEM, USER),
            "Gemini cannot take the system text 'system-2' after a turn; move the block before the turns, or give it `to: user`",
            id="late-system-gemini",
        ),
        pytest.param(
            "bedrock",
            (USER, SYSTEM),
            "Bedrock cannot take the system text 'system-1' after a turn; move the block before the turns, or give it `to: user`",
            id="late-system-bedrock",
        ),
        pytest.param(
            "anthropic",
            (USER, ASSISTANT, SYSTEM, USER),
            "Anthropic cannot take the system text 'system-2' at its place among the turns; it may follow a user's turn, "
            "and be last or before the assistant's; else move it before the turns",
            id="late-system-anthropic",
        ),
        pytest.param(
            "openai",
            (USER, CALL, replace(RESULT, name="rain")),
            "OpenAI's chat cannot take the name 'rain' of a tool's result of 'tool-2'; leave it out",
            id="name-of-a-result",
        ),
        pytest.param(
            "openai",
            (USER, Message("assistant", "See", parts=("See", image()))),
            "OpenAI's chat cannot take an image in a turn of the assistant, the part 'photo'; leave the block out in a variant",
            id="picture-of-the-assistant",
        ),
        pytest.param(
            "text",
            (replace(USER, name="ada"),),
            "plain text cannot take the name 'ada' of a message of 'user-0'; leave it out",
            id="name-in-text",
        ),
        pytest.param(
            "mistral",
            (USER, ASSISTANT, SYSTEM, USER),
            "Mistral cannot take the system's turn 'system-2' right after the assistant's; move the block, or add a turn between",
            id="late-system-mistral",
        ),
        pytest.param(
            "mistral",
            (USER, CALL, RESULT, USER),
            "Mistral cannot take the user's turn 'user-3' right after the tool's; move the block, or add a turn between",
            id="user-after-tool",
        ),
        pytest.param(
            "anthropic",
            (USER, Message("assistant", " ")),
            "Anthropic cannot take " + BLANK + ", or give it text",
            id="blank",
        ),
        pytest.param(
            "bedrock", (USER, Message("assistant", "\n"), USER), "Bedrock cannot take " + BLANK, id="blank-bedrock"
        ),
        pytest.param(
            "anthropic",
            (USER, Message("assistant", "So ")),
            "Anthropic cannot take blank space at the end of the last turn, 'assistant-1'; end the text with a visible character",
            id="trailing-space",
        ),
        pytest.param(
            "gemini",
            (USER, Message("assistant", "")),
            "Gemini cannot take an empty turn of 'history'; leave the turn out",
            id="empty",
        ),
        pytest.param(
            "mistral",
            (USER, Message("assistant", ""), USER),
            "Mistral cannot take an empty turn of 'history'; leave the turn out",
            id="empty-mistral",
        ),
        pytest.param(
            "gemini",
            (CALL, RESULT, USER),
            "Gemini cannot take a conversation that opens with the call of 'history'; put a user's turn before it",
            id="call-first",
        ),
        pytest.param(
            "mistral",
            (
                USER,
                replace(CALL, content="Hm", tool_calls=(ToolCall("call_1", "weather", "{}"),)),
                replace(RESULT, tool_call_id="call_1"),
            ),
            "Mistral cannot take the tool call id 'call_1' of 'assistant-1'; give the calls ids of 9 letters and digits",
            id="id",
        ),
        pytest.param(
            "anthropic",
            (
                USER,
                replace(CALL, content="Hm", tool_calls=(ToolCall("a.b", "weather", "{}"),)),
                replace(RESULT, tool_call_id="a.b"),
            ),
            "Anthropic cannot take the tool call id 'a.b' of 'assistant-1'; give the calls ids of letters, digits, _ and -",
            id="id-anthropic",
        ),
        pytest.param(
            "anthropic",
            (USER, replace(CALL, content="Hm"), USER),
            "Anthropic cannot take the call of 'weather' in 'assistant-1' without a result right after it; add the tool's result, or leave the call out",
            id="no-result",
        ),
        pytest.param(
            "bedrock",
            (USER, ASSISTANT, RESULT),
            "Bedrock cannot take the tool result 'call0rain' of 'tool-2', which answers no call before it; let each result follow its call",
            id="no-call",
        ),
        pytest.param(
            "ollama",
            (
                USER,
                replace(CALL, content="Hm", tool_calls=(ToolCall("a", "weather", "[1]"),)),
                replace(RESULT, tool_call_id="a"),
            ),
            "Ollama cannot take the call of 'weather' in 'assistant-1', whose arguments are no JSON object; correct the arguments",
            id="arguments",
        ),
        pytest.param(
            "ollama",
            (
                USER,
                Message("assistant", "Hm", (ToolCall("a", "weather", "{}"), ToolCall("b", "weather", "{}"))),
                replace(RESULT, tool_call_id="b"),
                replace(RESULT, tool_call_id="a"),
            ),
            "Ollama cannot take the results of 'weather' in 'tool-2' in another order than the calls; put them in the order of their calls",
            id="order",
        ),
    ],
)
def test_what_a_provider_cannot_take_is_refused_by_name(
    provider: str, messages: tuple[Message, ...], said: str
) -> None:
    assert refused(bare(*messages), provider) == said


@pytest.mark.parametrize("provider", [each for each in PROVIDERS if each not in ("openai", "text", "huggingface")])
def test_a_speakers_name_is_refused_where_there_is_no_place_for_it(provider: str) -> None:
    assert refused(bare(replace(USER, name="ada")), provider).endswith(
        " cannot take the name 'ada' of a message of 'user-0'; leave it out"
    )


@pytest.mark.parametrize(
    "arguments", ['{"a": NaN}', '{"a": 1, "a": 2}', "{", "7", "[" * 5000, '{"a":' * 500 + "1" + "}" * 500]
)
def test_arguments_that_would_not_be_kept_are_refused(arguments: str) -> None:
    call = Message("assistant", "Hm", (ToolCall("a", "weather", arguments),))
    assert "whose arguments are no JSON object" in refused(
        bare(USER, call, replace(RESULT, tool_call_id="a")), "gemini"
    )


@pytest.mark.parametrize(
    ("provider", "media", "said"),
    [
        ("anthropic", AUDIO, "Anthropic cannot take audio, the part 'photo'; leave the block out in a variant"),
        (
            "anthropic",
            image(media_type="image/bmp"),
            "Anthropic cannot take an image of image/bmp, the part 'photo'; pass jpeg, png, gif or webp",
        ),
        (
            "anthropic",
            image(type="file", media_type="text/csv"),
            "Anthropic cannot take a file of text/csv, the part 'photo'; pass a PDF or plain text",
        ),
        (
            "openai-responses",
            AUDIO,
            "OpenAI's responses cannot take audio, the part 'photo'; send it by openai, whose chat takes wav and mp3",
        ),
        (
            "bedrock",
            image(data=None, url="https://example.com/a.png"),
            "Bedrock cannot take the URL of an image, the part 'photo'; pass its bytes",
        ),
        (
            "bedrock",
            image(media_type="image/bmp"),
            "Bedrock cannot take an image of image/bmp, the part 'photo'; pass gif, jpeg, png, webp",
        ),
        (
            "ollama",
            image(data=None, url="https://example.com/a.png"),
            "Ollama cannot take the URL of an image, the part 'photo'; pass its bytes",
        ),
        ("ollama", AUDIO, "Ollama cannot take audio, the part 'photo'; leave the block out in a variant"),
    ],
)
def test_media_that_a_provider_does_not_take_is_refused_by_name(provider: str, media: Media, said: str) -> None:
    assert refused(with_media("Look: ", media), provider) == said


def test_bedrock_needs_text_beside_a_file() -> None:
    assert "a file without text in its message" in refused(with_media(PDF), "bedrock")


def test_anthropic_needs_max_tokens() -> None:
    rendered = Prompt("p", [blocks.user("x")]).render()
    assert (
        refused(rendered, "anthropic")
        == "<python>:p: p: Anthropic needs a limit for the answer; add params: {max_tokens: 1024}"
    )


def test_anthropic_needs_closed_schemas() -> None:
    schema = {
        "type": "object",
        "properties": {"a": {"type": "array", "items": {"type": "object"}}},
        "additionalProperties": False,
    }
    rendered = Prompt("p", [blocks.format({"schema": schema}), blocks.user("x")], params={"max_tokens": 9}).render()
    assert "no schema with open objects, as 'format' has; give each object additionalProperties: false" in refused(
        rendered, "anthropic"
    )
    schema["properties"] = {"a": {"enum": [{"type": "object"}]}, "properties": {"type": "string"}}
    closed = Prompt("p", [blocks.format({"schema": schema}), blocks.user("x")], params={"max_tokens": 9}).render()
    assert closed.to("anthropic")["output_config"]["format"]["schema"] == schema


@pytest.mark.parametrize(
    ("provider", "options", "said"),
    [
        ("antropic", {}, "unknown provider 'antropic'; did you mean 'anthropic'?"),
        ("anthropic", {"cach": True}, "provider 'anthropic' has no option 'cach'; did you mean 'cache'?"),
        ("openai", {"cache": True}, "provider 'openai' has no option 'cache'; it has none"),
        ("anthropic", {"cache": 1}, "provider 'anthropic': cache must be bool, not int"),
        (
            "huggingface",
            {},
            "provider 'huggingface' needs chat_template: the path of a tokenizer_config.json or a chat_template.jinja "
            "(on the command line: --chat-template FILE)",
        ),
    ],
)
def test_unknown_providers_and_options_are_refused(provider: str, options: dict[str, Any], said: str) -> None:
    assert refused(rich(), provider, **options) == said


@pytest.mark.parametrize(
    ("provider", "params", "key"),
    [
        ("anthropic", {"max_tokens": 9, "system": "x"}, "system"),
        ("openai-responses", {"instructions": "x"}, "instructions"),
        ("gemini", {"contents": []}, "contents"),
        ("gemini", {"responseMimeType": "x"}, "generationConfig.responseMimeType"),
        ("gemini", {"generationConfig": {"responseMimeType": "x"}}, "generationConfig.responseMimeType"),
        ("bedrock", {"modelId": "x"}, "modelId"),
        ("bedrock", {"outputConfig": {"textFormat": {}}}, "outputConfig.textFormat"),
        ("ollama", {"format": "json"}, "format"),
        ("mistral", {"response_format": {}}, "response_format"),
        ("anthropic", {"max_tokens": 9, "output_config": 7}, "output_config"),
    ],
)
def test_params_take_no_place_that_the_prompt_decides(provider: str, params: dict[str, Any], key: str) -> None:
    prompt = Prompt("p", [blocks.format({"schema": SCHEMA}), blocks.user("x")], model="m", params=params)
    said = refused(prompt.render(), provider)
    assert said == f"<python>:p: p: params has '{key}', which the prompt itself decides; remove it"


def test_a_param_that_is_given_twice_is_refused() -> None:
    prompt = Prompt("p", [blocks.user("x")], params={"seed": 1, "options": {"seed": 2}})
    assert refused(prompt.render(), "ollama") == "<python>:p: p: params has 'seed' twice, also in options; keep one"


def library_model(write: Any, model: str, prompt: str = "") -> Prompt:
    file = f"{prompt}params: {{max_tokens: 9}}\nblocks: [{{user: Hi}}]\n"
    return load(write({"promptkit.yaml": f"models: [{model}]\n", "prompts/x.yaml": file}))["x"]


@pytest.mark.parametrize(
    ("provider", "model"),
    [
        ("anthropic", "gpt-4.1-mini"),
        ("anthropic", "gemini-2.5-pro"),
        ("gemini", "o3"),
        ("gemini", "claude-sonnet-4-5"),
        ("bedrock", "o4-mini"),
        ("mistral", "chatgpt-4o-latest"),
        ("ollama", "claude-sonnet-4-5"),
    ],
)
def test_a_model_to_count_for_is_not_sent_to_who_cannot_have_it(write: Any, provider: str, model: str) -> None:
    prompt = library_model(write, model)
    with pytest.raises(ProviderError) as raised:
        prompt.render().to(provider)
    assert str(raised.value) == (
        f"promptkit.yaml:1:10: {provider} has no model '{model}', which the library's models begin with; "
        "name one by model: in the prompt, render(model=...) or --model"
    )
    named = prompt.render(model=model).to(provider)  # what the caller names is sent as it is
    assert model in (named.get("model"), named.get("modelId"))


@pytest.mark.parametrize(
    ("provider", "model"),
    [
        ("anthropic", "claude-sonnet-4-5"),
        ("gemini", "gemini-2.5-pro"),
        ("bedrock", "anthropic.claude-v1"),
        ("mistral", "mistral-large-latest"),
        ("ollama", "gpt-oss:20b"),
        ("openai", "claude-sonnet-4-5"),
        ("text", "gpt-4.1-mini"),
    ],
)
def test_a_model_to_count_for_is_sent_where_it_may_be(write: Any, provider: str, model: str) -> None:
    body = library_model(write, model).render().to(provider)
    assert model in (body.get("model"), body.get("modelId"))


def test_the_model_of_a_prompt_is_sent_as_it_is(write: Any) -> None:
    prompt = library_model(write, "claude-sonnet-4-5", "model: gpt-4o\n")
    assert prompt.render().to("anthropic")["model"] == "gpt-4o"


@pytest.mark.parametrize(
    ("provider", "options", "said"),
    [
        ("openai", {"model": "gpt-4o"}, "provider 'openai' has no option 'model'; name the model in render(model=...)"),
        (
            None,
            {},
            "a provider is named by a text, not NoneType; known: openai, openai-responses, anthropic, gemini, bedrock, "
            "mistral, ollama, huggingface, text",
        ),
    ],
)
def test_a_call_of_to_that_cannot_be_meant(provider: Any, options: Any, said: str) -> None:
    with pytest.raises(ProviderError) as raised:
        bare(USER).to(provider, **options)
    assert str(raised.value) == said
