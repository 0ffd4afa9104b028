"""The mistakes that beginners make most, and the answers: where, what, what to do, in one line each."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from conftest import promptkit as run

import promptkit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Write = Callable[[Mapping[str, str | bytes]], Path]

ROOT = Path(__file__).parents[1]
SOUND = "inputs:\n  name: {type: string, sample: Ada}\nblocks:\n  - use: role/agent\n  - user: Hello {{ name }}\n"
INPUT = "inputs:\n  name: {type: string, sample: Ada}\nblocks:\n"
AGENT = {"blocks/role/agent.md": "You are an agent.\n"}
BRACES = 'YAML: a text that begins with {{ or {% needs quotes: "{{ name }}"'
NO_LIBRARY = (
    "no library here: no promptkit.yaml in this folder or above it, and no templates/; "
    "name one with --library DIR, or start one: promptkit init"
)
QUOTES = "check the quotes and the indentation of this line and the one above"


# What is no mistake is left alone.


@pytest.mark.parametrize(
    "text",
    [
        'Reply to {{ name }} with JSON such as {"name": "x"} or {name}.',
        "The text is in <name>: {{ name }}. A shell has $name and ${name}.",
        "{% if name %}Hello{% endif %} {name}",
        "Call it {nam} or {names}, {{ name | upper }}",
    ],
)
def test_braces_and_tags_beside_a_used_input_are_text(write: Write, text: str) -> None:
    files = {**AGENT, "prompts/x.yaml": INPUT + f"  - user: '{text}'\n"}
    assert promptkit.load(write(files))["x"].render(name="Ada").messages


def test_an_input_used_by_an_item_kind_a_condition_or_a_binding_is_used(write: Write) -> None:
    body = "  - instructions: Read <name>.\n  - context: {input: name}\n"
    when = "  - instructions: Read [name].\n    when: name\n  - user: hi\n"
    bound = "  - use: b\n    with: {who: '{{ name }}'}\n  - user: '{name}'\n"
    for blocks in (body, when, bound):
        files = {"blocks/b.md": "{{ who }}", "prompts/x.yaml": INPUT + blocks}
        assert promptkit.load(write(files))["x"].name == "x"


def test_other_files_beside_a_library_are_left_alone(write: Write) -> None:
    others = [
        "README.md",
        "mkdocs.yml",
        "prompts/README.md",
        "blocks/README",
        "data/x.yaml",
        "examples/notes.txt",
        "schema/a.sql",
    ]
    files = {**AGENT, "prompts/x.yaml": SOUND, ".github/x.yaml": "blocks: []", **dict.fromkeys(others, "a: b\n")}
    assert list(promptkit.load(write(files))) == ["x"]


def test_windows_newlines_and_a_byte_order_mark_change_nothing(write: Write) -> None:
    plain = promptkit.load(write({**AGENT, "prompts/x.yaml": SOUND}))["x"].render(name="Ada").messages
    files = {
        path: b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode()
        for path, text in {**AGENT, "prompts/x.yaml": SOUND}.items()
    }
    assert promptkit.load(write(files))["x"].render(name="Ada").messages == plain


# A library's mistakes.


@pytest.mark.parametrize(
    ("files", "message"),
    [
        pytest.param(INPUT + "  - user: Hello {name}\n", "prompts/x.yaml:4:17: {name} is plain text here; write {{ name }} for the input", id="one brace"),
        pytest.param(INPUT + "  - user: |\n      Hello\n      ${name}\n", "prompts/x.yaml:6:7: ${name} is plain text here; write {{ name }} for the input", id="dollar"),
        pytest.param(INPUT + "  - user: Hello <name>\n", "prompts/x.yaml:4:17: <name> is plain text here; write {{ name }} for the input", id="tag"),
        pytest.param(
            {"blocks/b.txt": "Hello {{ name }}", "prompts/x.yaml": INPUT + "  - use: b\n"},
            "blocks/b.txt:1:7: {{ name }} is plain text here; rename the file to .md and write {{ name }} for the input",
            id="a template in .txt",
        ),
        pytest.param(INPUT + "  - user: {{ name }}\n", f"prompts/x.yaml:4:12: {BRACES}", id="braces alone"),
        pytest.param(INPUT + "  - user: {{ name }} is here\n", f"prompts/x.yaml:4:22: {BRACES}", id="braces first"),
        pytest.param("blocks:\n  - user: {% if x %}a{% endif %}\n", f"prompts/x.yaml:2:12: {BRACES}", id="percent"),
        pytest.param(INPUT + "  - use: role/agent\n    with: {a: {{ name }}}\n", f"prompts/x.yaml:5:16: {BRACES}", id="braces in with"),
        pytest.param("blocks:\n  - user: Note: be kind\n", "prompts/x.yaml:2:15: YAML: a text with a colon and a space in it needs quotes", id="colon"),
        pytest.param("blocks:\n\t- user: hi\n", "prompts/x.yaml:2:1: YAML: a tab indents this line; use spaces", id="tab"),
        pytest.param("owner: @me\nblocks:\n  - user: hi\n", "prompts/x.yaml:1:8: YAML: a text that begins with @ needs quotes", id="at"),
        pytest.param("blocks:\n  - user: *bold* text\n", "prompts/x.yaml:2:16: YAML: a text that begins with * needs quotes", id="star"),
        pytest.param('blocks:\n  - user: "Hi" there\n', f"prompts/x.yaml:2:16: YAML: did not find expected key; {QUOTES}", id="half a quote"),
        pytest.param("blocks:\n  - user: hi {{ name }\n", "prompts/x.yaml:2:14: template syntax: unexpected '}'; close {{ with }}, and {% with %}", id="one brace closes"),
        pytest.param("blocks:\n  - sytem: hi\n", "prompts/x.yaml:2:5: unknown block kind 'sytem'; did you mean 'system'?", id="kind"),
        pytest.param("descripton: x\nblocks:\n  - user: hi\n", "prompts/x.yaml:1:1: unknown key of a prompt 'descripton'; did you mean 'description'?", id="key"),
        pytest.param("blocks:\n  - role: user\n    content: hi\n", "prompts/x.yaml:3:5: a block is its kind and its text; write user: TEXT, not role and content", id="role and content"),
        pytest.param("inputs: {name: string}\nblocks:\n  - user: hi\n", "prompts/x.yaml:1:16: the input 'name' must be a mapping; write {type: string}", id="bare type"),
        pytest.param("blocks:\n  - use: role/agent.md\n", "prompts/x.yaml:2:10: unknown block 'role/agent.md'; did you mean 'role/agent'?", id="use a file"),
        pytest.param("blocks:\n  - use: blocks/role/agent\n", "prompts/x.yaml:2:10: unknown block 'blocks/role/agent'; did you mean 'role/agent'?", id="use a path"),
        pytest.param(
            "blocks:\n  - use: instructions/warm-tone\n",
            "prompts/x.yaml:2:10: unknown block 'instructions/warm-tone'; did you mean 'std/instructions/warm-tone'?",
            id="use without std",
        ),
        pytest.param("blocks:\n  - user: hi\nvariants:\n  v: {drop: [usr]}\n", "prompts/x.yaml:4:14: no block 'usr' to change; did you mean 'user'?", id="drop"),
        pytest.param({"prompts/y.md": "Hi"}, "prompts/y.md: is not read: a prompt is a .yaml file, and its texts stand in blocks/; move or rename it", id="a text in prompts"),
        pytest.param({"blocks/y.yaml": SOUND}, "blocks/y.yaml: is not read: a block is a .md or .txt file; prompts stand in prompts/; move or rename it", id="a prompt in blocks"),
        pytest.param({"y.yaml": SOUND}, "y.yaml: is not read: it looks like a prompt, and prompts stand in prompts/; move it there", id="a prompt at the root"),
        pytest.param({"prompt/y.yaml": SOUND}, "prompt: is not read; move its files to prompts/", id="a folder's name"),
        pytest.param(
            {"blocks/y.md": "---\ndescription: x\nHi\n"}, "blocks/y.md:1:1: front matter is opened by --- and never closed; close it, or use .txt", id="open front matter"
        ),
        pytest.param({"blocks/y.md": "Hi".encode("utf-16")}, "blocks/y.md:1:1: is not UTF-8 (byte 0xff); it looks like UTF-16; save it as UTF-8", id="UTF-16"),
    ],
)  # fmt: skip
def test_a_library_says_what_is_wrong(write: Write, files: str | dict[str, str | bytes], message: str) -> None:
    own = {"prompts/x.yaml": files} if isinstance(files, str) else files
    with pytest.raises(promptkit.LibraryError) as raised:
        promptkit.load(write({**AGENT, **own}))
    assert str(raised.value) == message


# At the command line.


@pytest.mark.parametrize(
    ("line", "message"),
    [
        pytest.param("render triage", "library: unknown prompt 'triage'; did you mean 'support/triage'?", id="half a name"),
        pytest.param("render x -i nme=Ada", "x: unknown input 'nme'; did you mean 'name'?", id="input"),
        pytest.param("render x", "x: missing input 'name' (declared at prompts/x.yaml:2:3); give it with -i name=... or take the sample with --sample", id="no input"),
        pytest.param("render x -i Ada", "-i Ada: write NAME=VALUE", id="no equals"),
        pytest.param("render x name=Ada", "promptkit render: got unexpected extra argument (name=Ada); an input is given as -i NAME=VALUE", id="no -i"),
        pytest.param("render x --name Ada", "promptkit render: no such option '--name'; did you mean '--sample'; an input is given as -i NAME=VALUE", id="an option"),
        pytest.param("render x --variant bse", "prompts/x.yaml:1:1: unknown variant 'bse' of 'x'; did you mean 'base'?", id="variant"),
        pytest.param("render x --sample --to open-ai", "unknown provider 'open-ai'; did you mean 'openai'?", id="provider"),
        pytest.param("rendr x", "promptkit: unknown command 'rendr'; did you mean 'render'?", id="command"),
    ],
)  # fmt: skip
def test_the_command_says_what_is_wrong(write: Write, line: str, message: str) -> None:
    root = write({**AGENT, "prompts/x.yaml": SOUND, "prompts/support/triage.yaml": SOUND})
    words = line.split()
    library = [] if words[0] == "rendr" else ["--library", "library"]
    ran = run(*words, *library, cwd=root.parent)
    shown = ran.err.rstrip("\n")
    assert (ran.code, ran.out) == (2, "")
    if "open-ai" in line:  # the list of providers grows
        assert shown.startswith(message.partition("'openai'")[0])
    else:
        assert shown == message


def test_outside_any_library_the_answer_names_init(tmp_path: Path) -> None:
    for command in ("list", "tokens"):
        assert run(command, cwd=tmp_path) == (2, "", NO_LIBRARY + "\n")


def test_a_library_without_prompts_says_what_one_is(write: Write) -> None:
    ran = run("render", "x", cwd=write(AGENT))
    assert ran.err == ".: unknown prompt 'x'; the library has none: a prompt is a file such as prompts/reply.yaml\n"


@pytest.mark.parametrize("name", ["x", "prompts/x.yaml", "library/prompts/x.yaml", "x.yaml"])
def test_a_prompt_is_also_taken_by_its_files_path(write: Write, name: str) -> None:
    root = write({**AGENT, "prompts/x.yaml": SOUND})
    places = {"library/prompts/x.yaml": root.parent, "x.yaml": root / "prompts"}
    ran = run("render", name, "-i", "name=Ada", cwd=places.get(name, root))
    assert (ran.code, ran.err) == (0, "")
    assert "Hello Ada" in ran.out


# In Python.


@pytest.mark.parametrize(
    ("call", "message"),
    [
        pytest.param(lambda library: promptkit.load("missing"), "missing: is no folder; name the one that holds promptkit.yaml, blocks/ and prompts/", id="load"),
        pytest.param(lambda library: library["chat"], "library: unknown prompt 'chat'; did you mean 'support/chat'?", id="half a name"),
        pytest.param(lambda library: library["x"].render("Ada"), "inputs are given by name, not as str; write render(NAME=...) or render({'NAME': ...})", id="a text"),
        pytest.param(lambda library: library["x"].render({"name": "a"}, name="b"), "input 'name' is given twice, in the mapping and as a keyword; pass it in the mapping only", id="twice"),
        pytest.param(lambda library: library["x"].render(nme="a"), "x: unknown input 'nme'; did you mean 'name'?", id="keyword"),
        pytest.param(lambda library: library["x"].render(name="a").to("open-ai"), "unknown provider 'open-ai'; did you mean 'openai'?", id="provider"),
        pytest.param(lambda library: library["x"].render(name="a").count("gpt4o"), "unknown model 'gpt4o'; did you mean 'gpt-4o'? estimate:gpt4o counts it as an estimate", id="model"),
        pytest.param(lambda library: promptkit.Prompt("p", "hello"), "<python>:p: blocks is a list; write [blocks.user(TEXT)]", id="blocks"),  # type: ignore[arg-type]
    ],
)  # fmt: skip
def test_python_says_what_is_wrong(
    write: Write, monkeypatch: pytest.MonkeyPatch, call: Callable[[promptkit.Library], object], message: str
) -> None:
    root = write({**AGENT, "prompts/x.yaml": SOUND, "prompts/support/chat.yaml": SOUND})
    monkeypatch.chdir(root.parent)
    with pytest.raises(promptkit.PromptkitError) as raised:
        call(promptkit.load("library"))
    assert str(raised.value) == message


@pytest.mark.parametrize("notation", ["{n}", "${n}", "$n", "<n>", "%(n)s", "<<n>>"])
def test_an_unknown_input_in_the_notation_of_another_tool_is_pointed_at(write: Write, notation: str) -> None:
    file = f"blocks:\n  - system: Be brief.\n  - user: |\n      Hello\n      to {notation}\n"
    root = write({"promptkit.yaml": "", "prompts/b.yaml": file})
    with pytest.raises(promptkit.InputError) as raised:
        promptkit.load(root)["b"].render(n=1)
    assert str(raised.value) == (
        f"b: unknown input 'n'; the text at prompts/b.yaml:5:10 has {notation}: write {{{{ n }}}}"
    )
    with pytest.raises(promptkit.InputError) as raised:
        promptkit.Prompt("b", [promptkit.blocks.user(f"Hello {notation}")]).render(n=1)
    assert str(raised.value) == f"b: unknown input 'n'; the text of 'user' has {notation}: write {{{{ n }}}}"


def test_code_that_names_an_unknown_input_is_not_taken_for_another_notation() -> None:
    prompt = promptkit.Prompt("b", [promptkit.blocks.user("{% for n in [0] %}{{ names[n] }}{% endfor %}")])
    with pytest.raises(promptkit.InputError) as raised:
        prompt.render(n=1)
    assert str(raised.value) == "b: unknown input 'n'; known: names"
