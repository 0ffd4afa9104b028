"""The kinds `tools` and `media`: from files, from Python, on the command line, and what hostile ones come to."""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from conftest import promptkit as run

import promptkit
from promptkit import InputError, LibraryError, Prompt, ProviderError, blocks
from promptkit.library import open_library
from promptkit.messages import Media

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Write = Callable[[Mapping[str, str | bytes]], Path]

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20
DATA_URL = "data:image/png;base64," + base64.b64encode(PNG).decode()
FIND = "name: find\ndescription: Finds.\nparameters: {type: object, properties: {q: {type: string}}}\n"
DESK = """
inputs:
  q: {type: string, description: Q., sample: Hi}
  buy: {type: boolean, description: B., default: false}
blocks:
- system: S
- tools: [tools/find.yaml]
- tools:
  - {name: order, description: Orders., parameters: {type: object, properties: {}, additionalProperties: false}}
  name: ordering
  when: buy
- user: '{{ q }}'
variants:
  none: {drop: [tools, ordering]}
  other: {replace: {tools: {tools: [{name: ask, description: Asks.}]}}}
"""
PHOTO = """
inputs:
  photo: {type: [image, array], description: P., required: false, sample: media/dot.png}
  sound: {type: audio, description: S., required: false}
blocks:
- system: S
- user: Before.
- media: {input: photo, detail: high}
- media: {input: sound}
  name: sound
- user: After.
  name: after
"""


def desk(write: Write) -> promptkit.Library:
    return promptkit.load(write({"prompts/desk.yaml": DESK, "tools/find.yaml": FIND}))


def photo(write: Write) -> promptkit.Library:
    return promptkit.load(write({"prompts/photo.yaml": PHOTO, "media/dot.png": PNG}))


def names(rendered: promptkit.Rendered) -> list[str]:
    return [tool.name for tool in rendered.tools]


# -- tools ------------------------------------------------------------------------------------------------------------


def test_tools_stand_beside_the_messages_and_follow_when_and_overlays(write: Write) -> None:
    prompt = desk(write)["desk"]
    assert names(prompt.render(q="Q")) == ["find"]
    assert names(prompt.render(q="Q", buy=True)) == ["find", "order"]
    assert names(prompt.render(q="Q", variant="none")) == []
    assert names(prompt.render(q="Q", variant="other")) == ["ask"]
    assert [message.content for message in prompt.render(q="Q", buy=True).messages] == ["S", "Q"]
    assert prompt.render(q="Q").tools[0].block == "tools"
    assert str(prompt.render(q="Q").tools[0].span) == "tools/find.yaml:1:1"


def test_tools_are_strict_where_their_schema_is(write: Write) -> None:
    body = desk(write)["desk"].render(q="Q", buy=True).to("openai")
    find, order = (tool["function"] for tool in body["tools"])
    assert "strict" not in find
    assert order == {
        "name": "order",
        "description": "Orders.",
        "parameters": {"type": "object", "properties": {}, "additionalProperties": False},
        "strict": True,
    }


def test_tools_are_named_as_uncounted_and_a_conditional_one_ends_the_prefix(write: Write) -> None:
    prompt = desk(write)["desk"]
    plain = prompt.render(q="Q").count("gpt-4o")
    assert plain.uncounted == ("tools",)
    assert plain.cacheable_prefix_tokens > 0
    assert prompt.render(q="Q", buy=True).count("gpt-4o").cacheable_prefix_tokens == 0


def test_a_tool_changes_the_fingerprint(write: Write) -> None:
    prompt = desk(write)["desk"]
    assert len({prompt[name].fingerprint for name in prompt.variants}) == 3


def test_tools_inside_a_group_keep_their_way_to_the_request() -> None:
    inner = blocks.tools([{"name": "a", "description": "A."}])
    made = Prompt("x", [blocks.instructions("<r>{{ blocks }}</r>", name="r", blocks=[blocks.text("T"), inner])])
    assert names(made.render()) == ["a"]
    assert made.render().messages[0].content == "<r>T</r>"


def test_a_tool_between_two_user_texts_parts_nothing() -> None:
    tool = blocks.tools([{"name": "a", "description": "A."}])
    made = Prompt("x", [blocks.user("U"), tool, blocks.user("V", name="v")])
    assert [message.content for message in made.render().messages] == ["U\n\nV"]


def test_a_pydantic_model_is_a_tools_parameters() -> None:
    pydantic = pytest.importorskip("pydantic")
    model = pydantic.create_model("Arguments", city=(str, ...))
    made = Prompt("x", [blocks.user("U"), blocks.tools([{"name": "a", "description": "A.", "parameters": model}])])
    assert made.render().tools[0].parameters["required"] == ["city"]


def test_a_file_may_hold_several_tools_in_the_envelope_of_openai(write: Write) -> None:
    envelope = [{"type": "function", "function": {"name": n, "description": "D."}} for n in ("a", "b")]
    root = write(
        {"prompts/x.yaml": "blocks: [{user: U}, {tools: [tools/all.json]}]", "tools/all.json": json.dumps(envelope)}
    )
    assert names(promptkit.load(root)["x"].render()) == ["a", "b"]


PROMPT = "blocks: [{{user: U}}, {{tools: {}}}]"
REFUSED_TOOLS = [
    pytest.param("[]", "prompts/x.yaml:1:29: tools is empty; name a tool, or remove the block", id="empty"),
    pytest.param("find", "prompts/x.yaml:1:29: 'tools' takes a list of definitions and paths of files, not 'find'", id="text"),
    pytest.param("[tools/fnd.yaml]", "prompts/x.yaml:1:30: no tool file 'tools/fnd.yaml'; did you mean 'tools/find.yaml'?", id="path"),
    pytest.param("[../find.yaml]", "prompts/x.yaml:1:30: no tool file '../find.yaml'; did you mean 'tools/find.yaml'?", id="outside"),
    pytest.param("[{name: a}]", "prompts/x.yaml:1:30: a tool needs description", id="description"),
    pytest.param("[{name: a b, description: D}]", "prompts/x.yaml:1:37: 'a b' cannot be a tool's name; use up to 64 letters, digits, _ and -", id="name"),
    pytest.param("[{name: a, description: D, parameter: {}}]", "prompts/x.yaml:1:56: unknown key of a tool 'parameter'; did you mean 'parameters'?", id="key"),
    pytest.param("[{name: a, description: D, parameters: {type: array}}]", "prompts/x.yaml:1:68: parameters must be a JSON Schema of type: object", id="type"),
    pytest.param("[{name: a, description: D, parameters: {type: objekt}}]", "prompts/x.yaml:1:68: is not a JSON Schema: type: 'objekt' is not valid under any of the given schemas", id="schema"),
    pytest.param(
        "[{name: a, description: D, parameters: {type: object, $ref: 'https://example.com/s'}}]",
        "prompts/x.yaml:1:68: is not a JSON Schema: the reference 'https://example.com/s' leaves the file; copy what it names into $defs",
        id="remote",
    ),
    pytest.param("[tools/find.yaml, tools/find.yaml]", "tools/find.yaml:1:1: two tools are called 'find', the other at tools/find.yaml:1:1", id="double"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "error"), REFUSED_TOOLS)
def test_a_wrong_tool_is_one_line(write: Write, content: str, error: str) -> None:
    root = write({"prompts/x.yaml": PROMPT.format(content), "tools/find.yaml": FIND})
    assert "\n".join(map(str, open_library(root)[1])) == error


@pytest.mark.parametrize("key", ["to: user", "join: x", "blocks: [{text: T}]"])
def test_tools_take_no_key_of_a_text(write: Write, key: str) -> None:
    root = write(
        {"prompts/x.yaml": f"blocks:\n- user: U\n- tools: [tools/find.yaml]\n  {key}\n", "tools/find.yaml": FIND}
    )
    expected = f"prompts/x.yaml:4:3: 'tools' is no text of a message; remove {key.split(':')[0]}"
    assert [str(problem) for problem in open_library(root)[1]] == [expected]


def test_a_deep_schema_of_a_tool_file_is_one_line(write: Write) -> None:
    deep = '{"a":' * 300 + "1" + "}" * 300
    root = write({"prompts/x.yaml": "blocks: [{user: U}]", "tools/t.json": deep})
    assert [str(problem) for problem in open_library(root)[1]] == [
        "tools/t.json:1:1: nested more than 60 deep; flatten it"
    ]


def test_no_block_file_is_of_a_kind_without_text(write: Write) -> None:
    root = write(
        {
            "blocks/tools/a.md": "T",
            "blocks/b.md": "---\nkind: media\n---\nT",
            "prompts/x.yaml": "blocks: [{use: tools/a}]",
        }
    )
    assert [str(problem).split(";")[0] for problem in open_library(root)[1]] == [
        "blocks/b.md:2:7: unknown block kind 'media'"
    ]


# -- media ------------------------------------------------------------------------------------------------------------


def test_media_stands_between_the_texts_of_its_message(write: Write) -> None:
    message = photo(write)["photo"].render(photo="https://example.com/a.png").messages[1]
    before, media, after = message.parts
    assert isinstance(media, Media)
    assert (before, after) == ("Before.\n\n", "After.")
    assert (media.url, media.detail, media.block, media.inputs) == (
        "https://example.com/a.png",
        "high",
        "media",
        ("photo",),
    )
    assert message.content == "Before.\n\nAfter." == "".join(piece.text for piece in message.pieces)


def test_a_call_without_media_has_plain_text(write: Write) -> None:
    message = photo(write)["photo"].render().messages[1]
    assert (message.content, message.parts) == ("Before.\n\nAfter.", ())


def test_a_message_may_be_media_alone() -> None:
    made = Prompt("x", [blocks.media({"input": "p"})], inputs={"p": {"type": "image"}})
    (message,) = made.render(p=PNG).messages
    assert (message.role, message.content, len(message.parts)) == ("user", "", 1)


@pytest.mark.parametrize(
    "value",
    [
        PNG,
        DATA_URL,
        {"data": PNG},
        {"data": base64.b64encode(PNG).decode(), "media_type": "image/png"},
        {"url": DATA_URL},
    ],
    ids=["bytes", "data-url", "mapping", "base64", "mapping-url"],
)
def test_each_form_of_an_image_reaches_the_request(write: Write, value: Any) -> None:
    body = photo(write)["photo"].render(photo=value).to("openai")
    assert body["messages"][1]["content"] == [
        {"type": "text", "text": "Before.\n\n"},
        {"type": "image_url", "image_url": {"url": DATA_URL, "detail": "high"}},
        {"type": "text", "text": "After."},
    ]


def test_a_path_is_read_when_the_prompt_is_rendered(write: Write, tmp_path: Path) -> None:
    (tmp_path / "cat.png").write_bytes(PNG)
    media = photo(write)["photo"].render(photo=tmp_path / "cat.png").messages[1].parts[1]
    assert isinstance(media, Media)
    assert (media.data, media.media_type, media.name) == (PNG, "image/png", "cat.png")


def test_several_images_are_several_parts_and_a_sound_has_its_format(write: Write) -> None:
    wav = b"RIFF\0\0\0\0WAVE"
    rendered = photo(write)["photo"].render(photo=[PNG, DATA_URL], sound=wav)
    kinds = [part["type"] for part in rendered.to("openai")["messages"][1]["content"]]
    assert kinds == ["text", "image_url", "image_url", "input_audio", "text"]
    assert rendered.to("openai")["messages"][1]["content"][3]["input_audio"]["format"] == "wav"
    assert rendered.count().uncounted == ("audio", "image")


def test_the_cacheable_prefix_ends_at_media(write: Write) -> None:
    prompt = photo(write)["photo"]
    with_image, without = prompt.render(photo=PNG).count("gpt-4o"), prompt.render().count("gpt-4o")
    assert 0 < with_image.cacheable_prefix_tokens < without.cacheable_prefix_tokens


REFUSED_MEDIA = [
    pytest.param("cat.png", "must be a URL, bytes or a pathlib.Path; 'cat.png' is none: for a file pass pathlib.Path(...), or -i NAME=FILE on the command line", id="path-as-text"),
    pytest.param("https://a b", "must be a URL, bytes or a pathlib.Path; 'https://a b' is none: for a file pass pathlib.Path(...), or -i NAME=FILE on the command line", id="blank"),
    pytest.param("https://a\nb", "must be a URL, bytes or a pathlib.Path; 'https://a\\nb' is none: for a file pass pathlib.Path(...), or -i NAME=FILE on the command line", id="newline"),
    pytest.param("file:///etc/passwd", "must be a URL, bytes or a pathlib.Path; 'file:///etc/passwd' is none: for a file pass pathlib.Path(...), or -i NAME=FILE on the command line", id="file-url"),
    pytest.param("data:image/png;base64,%%%", "holds base64 that cannot be decoded", id="base64"),
    pytest.param("data:image/png,abc", "is no data: URL of base64; write data:image/png;base64,...", id="data-url"),
    pytest.param(b"", "is empty", id="empty"),
    pytest.param(b"hello", "is of no format that is known; pass a mapping with data and media_type", id="format"),
    pytest.param(b"%PDF-1.7", "is application/pdf, not image", id="kind"),
    pytest.param({"data": PNG, "media_type": "audio/wav"}, "is called audio/wav, and its bytes are image/png", id="lie"),
    pytest.param({"path": "x"}, "has the unknown key 'path'; known: url, data, media_type, name", id="key"),
    pytest.param({"url": "https://a", "data": PNG}, "needs either url or data", id="both"),
    pytest.param({"data": 7}, "has data that is neither bytes nor base64 text, but int", id="data-type"),
    pytest.param(Path("/nowhere/at.png"), "names '/nowhere/at.png', which cannot be read: no such file or directory", id="missing"),
    pytest.param(Path("/"), "names '/', which is no regular file", id="folder"),
]  # fmt: skip


@pytest.mark.parametrize(("value", "error"), REFUSED_MEDIA)
def test_a_value_that_is_no_media_is_one_line(value: Any, error: str) -> None:
    made = Prompt("x", [blocks.media({"input": "p"})], inputs={"p": {"type": "image"}})
    with pytest.raises(InputError) as raised:
        made.render(p=value)
    assert str(raised.value).endswith(f"input 'p' {error}")
    assert "\n" not in str(raised.value)


def test_a_fifo_blocks_nothing(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    made = Prompt("x", [blocks.media({"input": "p"})], inputs={"p": {"type": "image"}})
    with pytest.raises(InputError, match="no regular file"):
        made.render(p=tmp_path / "pipe.png")


def test_an_input_of_media_cannot_be_printed() -> None:
    made = Prompt("x", [blocks.user("See {{ p }}")], inputs={"p": {"type": "image"}})
    with pytest.raises(promptkit.PromptkitError, match="'p' is an image"):
        made.render(p=PNG)


def test_media_needs_a_declared_input() -> None:
    made = Prompt("x", [blocks.media({"input": "p"})])
    with pytest.raises(promptkit.ComposeError, match="needs the input 'p' declared with the type image, audio or file"):
        made.render(p=PNG)


def test_media_cannot_stand_inside_a_groups_text() -> None:
    made = Prompt(
        "x",
        [blocks.user("<a>{{ blocks }}</a>", name="g", blocks=[blocks.media({"input": "p"})])],
        inputs={"p": {"type": "image"}},
    )
    with pytest.raises(
        promptkit.ComposeError, match="'media' is a part of its own and cannot stand inside the text of 'g'"
    ):
        made.render(p=PNG)


def test_examples_cannot_repeat_a_message_with_media(write: Write) -> None:
    shots = "- examples: [{inputs: {photo: 'https://example.com/a.png'}, output: O}]\n"
    root = write({"prompts/x.yaml": PHOTO.replace("- user: Before.\n", shots), "media/dot.png": PNG})
    (problem,) = open_library(root)[1]
    assert str(problem).endswith(
        "'examples' repeats the prompt's last user message, whose part 'media' an example cannot hold; "
        "give the examples a text"
    )


@pytest.mark.parametrize(
    ("sample", "error"),
    [
        ("media/none.png", "input 'photo': media/none.png: cannot be read: no such file or directory"),
        ("../secret.png", "input 'photo': ../secret.png: is outside the library; name files relative to its root"),
        ("media/link.png", "input 'photo': media/link.png: is a link to a file outside the library; copy the file in"),
        ("media/text.png", "input 'photo' is of no format that is known; pass a mapping with data and media_type"),
    ],
    ids=["missing", "outside", "link", "no-image"],
)
def test_a_sample_is_a_file_of_the_library(write: Write, tmp_path: Path, sample: str, error: str) -> None:
    (tmp_path / "secret.png").write_bytes(PNG)
    root = write({"prompts/x.yaml": PHOTO.replace("media/dot.png", sample), "media/text.png": b"text"})
    (root / "media/link.png").symlink_to(tmp_path / "secret.png")
    (problem,) = open_library(root)[1]
    assert str(problem).endswith(error)


def test_a_provider_without_parts_refuses_by_name(write: Write) -> None:
    with pytest.raises(ProviderError, match="plain text cannot carry the image of 'media'"):
        photo(write)["photo"].render(photo=PNG).to("text")
    with pytest.raises(ProviderError, match="plain text cannot carry the tools of 'tools'"):
        desk(write)["desk"].render(q="Q").to("text")


def test_a_history_brings_its_media_along() -> None:
    made = Prompt("x", [blocks.history({"input": "turns"}), blocks.user("U")], inputs={"turns": {"type": "messages"}})
    parts = [
        {"type": "text", "text": "Look: "},
        {"type": "image_url", "image_url": {"url": DATA_URL}},
        {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERi0x"}},
    ]
    rendered = made.render(turns=[{"role": "user", "content": parts}])
    assert rendered.messages[0].content == "Look: "
    assert rendered.to("openai")["messages"][0]["content"] == parts


# -- the command line -------------------------------------------------------------------------------------------------


def test_the_command_line_reads_the_file_that_is_named(write: Write, tmp_path: Path) -> None:
    root = write({"prompts/photo.yaml": PHOTO, "media/dot.png": PNG})
    (tmp_path / "cat.png").write_bytes(PNG)
    done = run("render", "photo", "-i", "photo=cat.png", "--to", "openai", "--library", str(root), cwd=tmp_path)
    assert json.loads(done.out)["messages"][1]["content"][1]["image_url"]["url"] == DATA_URL
    missing = run("render", "photo", "-i", "photo=dog.png", "--library", str(root), cwd=tmp_path)
    assert (missing.code, missing.err) == (
        2,
        "prompts/photo.yaml:3:3: input 'photo' names 'dog.png', which cannot be read: no such file or directory\n",
    )


def test_render_shows_tools_and_media(write: Write, golden: Callable[[str, str], None], tmp_path: Path) -> None:
    root = write(
        {"prompts/desk.yaml": DESK, "prompts/photo.yaml": PHOTO, "tools/find.yaml": FIND, "media/dot.png": PNG}
    )
    shown = [
        run("render", *words, "--sample", "--library", str(root), cwd=tmp_path).out
        for words in (["desk"], ["desk", "--explain"], ["photo"], ["photo", "--explain"], ["photo", "--format", "json"])
    ]
    golden("render/tools-media.txt", "\n".join(shown))


def test_tokens_measures_a_prompt_with_media_from_its_sample(write: Write, tmp_path: Path) -> None:
    root = write({"prompts/photo.yaml": PHOTO, "media/dot.png": PNG})
    done = run("tokens", "--library", str(root), "--format", "json", cwd=tmp_path)
    (row,) = json.loads(done.out)["rows"]
    assert row["tokens"] > 0
    assert row["uncounted"] == ["image"]


def test_no_file_of_tools_hides_another(write: Write) -> None:
    root = write({"prompts/x.yaml": "blocks: [{user: U}]", "tools/a.json": "{", "tools/b.yaml": "name: b"})
    with pytest.raises(LibraryError) as raised:
        promptkit.load(root)
    assert len(str(raised.value).splitlines()) == 2
