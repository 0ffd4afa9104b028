"""Counts on disk: whatever is there, damaged or shared, the numbers are tiktoken's."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import promptkit
from promptkit import caches
from promptkit.read import read
from promptkit.render import samples
from promptkit.tokens import count, split, store
from promptkit.tokens.counts import memo
from promptkit.tokens.vocabulary import EncodingName, encoding
from promptkit.tokens.ways import BYS
from promptkit.trees import Texts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from promptkit.model import Library

ROOT = Path(__file__).parent.parent
ENCODINGS: tuple[EncodingName, ...] = ("o200k_base", "cl100k_base")
TEXTS = [
    "",
    "a",
    "You are brief.\n\nYou are calm.\n",
    "<|endoftext|>",
    "日本語 \ud83d",
    "x" * 5_000,
    "\n\n\n",
    "\r\n \t",
]


def forget() -> None:
    for name in ENCODINGS:
        memo(name).clear()


@pytest.fixture(autouse=True)
def switched_off() -> Iterator[None]:
    forget()
    yield
    store.switch_off()


def expected(text: str, name: EncodingName) -> int:
    return len(encoding(name).encode_ordinary(text))


def counted(folder: Path, texts: list[str], world: str = "here") -> dict[tuple[EncodingName, str], int]:
    """What a fresh process would count with the counts in `folder`."""
    forget()
    store.switch_on(folder, world)
    found = {(name, text): count(text, name) for name in ENCODINGS for text in texts}
    store.switch_off()
    return found


def kept(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.name.startswith(store.PREFIX))


def test_nothing_is_written_unless_it_is_switched_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    library = promptkit.load(ROOT / "templates")
    assert library["support/triage"].render(samples(library["support/triage"]["base"])).count().tokens > 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ENCODINGS)
def test_a_warm_store_gives_what_was_counted(name: EncodingName, tmp_path: Path) -> None:
    cold = counted(tmp_path, TEXTS)
    assert cold == {(each, text): expected(text, each) for each in ENCODINGS for text in TEXTS}
    assert counted(tmp_path, TEXTS) == cold


def test_what_is_known_is_not_encoded_again(tmp_path: Path) -> None:
    def refused() -> list[int]:
        raise AssertionError("it is known")

    pieces = ["one ", "two", " three\n\nfour"]
    store.switch_on(tmp_path, "here")
    assert store.counted(pieces, "o200k_base", lambda: split(pieces, "o200k_base")) == split(pieces, "o200k_base")
    store.switch_on(tmp_path, "here")
    with pytest.raises(AssertionError, match="it is known"):
        store.counted(pieces, "o200k_base", refused)  # for switching on again does not write
    store.switch_off()
    store.switch_on(tmp_path, "here")
    assert store.counted(pieces, "o200k_base", lambda: split(pieces, "o200k_base")) == split(pieces, "o200k_base")
    store.switch_off()
    store.switch_on(tmp_path, "here")
    assert tuple(store.counted(pieces, "o200k_base", refused)) == split(pieces, "o200k_base")


def test_pieces_of_one_text_cut_otherwise_are_another_question(tmp_path: Path) -> None:
    for pieces in (["ab", "cd"], ["abc", "d"], ["abcd"], ["ab", "cd", "ab"], ["a", "b", "c", "d"]):
        for _ in range(2):
            store.switch_on(tmp_path, "here")
            assert sum(split(pieces, "o200k_base")) == expected("".join(pieces), "o200k_base")
            store.switch_off()


def test_another_world_knows_nothing_of_these_counts(tmp_path: Path) -> None:
    store.switch_on(tmp_path, "one")
    assert store.counted(["text"], "o200k_base", lambda: [7]) == [7]
    store.switch_off()
    store.switch_on(tmp_path, "two")
    assert store.counted(["text"], "o200k_base", lambda: [1]) == [1]
    assert store.counted(["text"], "cl100k_base", lambda: [2]) == [2]
    store.switch_off()


# Damage.


def flipped(content: bytes, chance: random.Random) -> bytes:
    place = chance.randrange(len(content))
    return content[:place] + bytes([content[place] ^ 1 << chance.randrange(8)]) + content[place + 1 :]


DAMAGE: dict[str, Callable[[bytes, random.Random], bytes]] = {
    "bit": flipped,
    "cut": lambda content, chance: content[: chance.randrange(len(content))],
    "empty": lambda content, chance: b"",
    "longer": lambda content, chance: content + chance.randbytes(20),
    "garbage": lambda content, chance: chance.randbytes(len(content)),
    "zeros": lambda content, chance: bytes(len(content)),
    "head": lambda content, chance: content[: caches.HEAD_BYTES] + chance.randbytes(40),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_costs_time_and_changes_no_number(damage: str, tmp_path: Path) -> None:
    right = counted(tmp_path, TEXTS)
    chance = random.Random(damage)
    for _ in range(30):
        for path in kept(tmp_path):
            path.write_bytes(DAMAGE[damage](path.read_bytes() or b"x", chance))
        assert counted(tmp_path, TEXTS) == right


def test_a_file_under_the_name_of_another_is_not_believed(tmp_path: Path) -> None:
    """The counts of one encoding, copied to the name of the other's."""
    right = counted(tmp_path, TEXTS)
    one, other = kept(tmp_path)
    one.write_bytes(other.read_bytes())
    assert counted(tmp_path, TEXTS) == right


def test_what_is_no_file_is_left_alone(tmp_path: Path) -> None:
    right = counted(tmp_path, TEXTS)
    for path in kept(tmp_path):
        path.unlink()
        path.mkdir()
    assert counted(tmp_path, TEXTS) == right


# Growth.


def test_files_are_joined_and_bounded(tmp_path: Path) -> None:
    for number in range(3 * store.JOINED):
        store.switch_on(tmp_path, "here")
        assert store.counted([f"text {number}"], "o200k_base", lambda number=number: [number]) == [number]  # type: ignore[misc]
        store.switch_off()
    assert len(kept(tmp_path)) <= store.JOINED + 1

    def refused() -> list[int]:
        raise AssertionError("it is known")

    store.switch_on(tmp_path, "here")
    assert [store.counted([f"text {n}"], "o200k_base", refused)[0] for n in range(24)] == list(range(24))


def test_old_files_make_room(tmp_path: Path) -> None:
    for number in range(10):
        caches.write(tmp_path / f"kept-{number}", bytes(100), "kept-", 4, 10_000)
    assert len(list(tmp_path.iterdir())) == 4
    caches.write(tmp_path / "kept-large", bytes(9_900), "kept-", 4, 10_000)
    assert [path.name for path in tmp_path.iterdir()] == ["kept-large"]
    caches.write(tmp_path / "kept-larger", bytes(10_000), "kept-", 4, 10_000)
    assert [path.name for path in tmp_path.iterdir()] == ["kept-large"]


# Generated libraries: the parts of each --by are the total, and the total is framing and tiktoken on the messages.

PARAGRAPHS = (
    "You are {{ who }}, brief and exact.",
    "Rules:\n\n- name amounts\n- ask once",
    "  indented\tand tabbed  ",
    "/* a slash first",
    "日本語のチケットです。",
    "{% if who %}Answer {{ who }} first.{% endif %}",
    "<|endoftext|> is text",
    "🚀👩\u200d🚀 done",
    "word " * 60,
)
KINDS = ("role", "instructions", "system", "context", "user", "assistant", "text")
WHO = st.sampled_from(["", "Ada", "Ada\n\nLovelace", "1815 " * 9, "/", "\r\n x"])


@st.composite
def libraries(draw: st.DrawFn) -> dict[str, str]:
    """A library of one to three prompts, of blocks whose paragraphs come from a few, with a variant that drops one."""
    files = {"promptkit.yaml": "models: [" + draw(st.sampled_from(["gpt-4o", "gpt-4", "gpt-4.1-mini, gpt-4"])) + "]\n"}
    for number in range(draw(st.integers(1, 3))):
        lines = [f"inputs: {{who: {{type: string, sample: {json.dumps(draw(WHO))}}}}}", "blocks:"]
        size = draw(st.integers(1, 5))
        for place in range(size):
            texts = draw(st.lists(st.sampled_from(PARAGRAPHS), min_size=1, max_size=4))
            kind = draw(st.sampled_from(KINDS[:3] if place == 0 else KINDS))
            source = json.dumps("\n\n".join(texts), ensure_ascii=False)
            lines += [f"  - {kind}: {source}", f"    name: b{place}"]
        lines += [f"variants: {{shorter: {{drop: [b{draw(st.integers(0, size - 1))}]}}}}"] if size > 1 else []
        files[f"prompts/p{number}.yaml"] = "\n".join(lines) + "\n"
    return files


def assert_sums(library: Library) -> None:
    """For every prompt, variant and model of a library."""
    for prompt in library.prompts.values():
        for name in prompt.variants:
            for model in library.config.models or ("gpt-4.1-mini",):
                rendered = prompt[name].render(samples(prompt[name]), model=model)
                measured = rendered.count(model)
                codec = encoding(measured.tokenizer.encoding)
                texts = sum(len(codec.encode_ordinary(message.content)) for message in rendered.messages)
                beside = measured.definition_tokens + measured.media_tokens
                assert measured.tokens == measured.framing_tokens + measured.tool_call_tokens + beside + texts
                for by in BYS:
                    assert sum(part.tokens for part in measured.by(by)) == measured.tokens


def garble(folder: Path, chance: random.Random) -> None:
    for path in kept(folder):
        path.write_bytes(chance.choice(list(DAMAGE.values()))(path.read_bytes() or b"x", chance))


@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files=libraries(), seed=st.integers(0, 2**32))
def test_sums_hold_cold_warm_and_corrupted(
    files: dict[str, str], seed: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("counts")
    library, problems = read(Texts(files))
    assert problems == ()
    for damaged in (False, False, True):
        if damaged:
            garble(folder, random.Random(seed))
        forget()
        store.switch_on(folder, "here")
        assert_sums(library)
        store.switch_off()


def test_sums_hold_for_every_prompt_of_templates(tmp_path: Path) -> None:
    library = promptkit.load(ROOT / "templates")
    for _ in range(2):
        forget()
        store.switch_on(tmp_path, "here")
        assert_sums(library)
        store.switch_off()
