"""Counting tokens, against tiktoken's `len(encode_ordinary(text))` on the same texts, to which every count is held."""

from __future__ import annotations

import random
import time
from itertools import count as numbers
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import fresh
from benchmarks.rounds import Row, interleaved, rows
from promptkit import Prompt, blocks
from promptkit.tokens import count
from promptkit.tokens.counts import memo
from promptkit.tokens.vocabulary import encoding

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from promptkit.tokens.vocabulary import EncodingName

NAMES: tuple[EncodingName, ...] = ("o200k_base", "cl100k_base")
BASE = "tiktoken, each text whole"
EMPTY = "count, from an empty memory"
AGAIN = "count, again"
RENDERED = "rendered.count()"
KIND_CHARS = 500_000
LARGE_CHARS = 5_000_000

STD = Path(__file__).parent.parent / "promptkit"
CHINESE = (
    "我们 的 客户 可以 在 网站 上 查询 订单 如果 没有 收到 请 联系 客服 中心 他们 会 尽快 回复 您 今天 天气 很好 "
    "人工智能 模型 需要 大量 数据 训练 和 计算 资源 但是 价格 不高 问题 解决 方案 系统 管理 用户 登录 密码 重置 "
    "邮件 发送 成功 失败 原因 分析 报告 ， 。"
)
HINDI = (
    "हमारे ग्राहक वेबसाइट पर अपना आदेश देख सकते हैं यदि नहीं मिला तो कृपया सहायता केंद्र से संपर्क करें वे जल्दी "
    "जवाब देंगे आज मौसम अच्छा है कृत्रिम बुद्धिमत्ता मॉडल को प्रशिक्षण के लिए बहुत डेटा चाहिए लेकिन कीमत अधिक"
)
EMOJI = "👍 🎉 🚀 😀 🙏🏽 👩‍💻 ✅ ❌ 🇩🇪 ❤️ 🔥 ⚠️ 💡 🤖 📦"


def english() -> list[str]:
    """The words of the standard blocks, less what is template."""
    texts = " ".join(path.read_text("utf-8") for path in sorted((STD / "std").rglob("*.md")))
    return [word for word in texts.split() if not set("{}%#") & set(word)]


def drawn(parts: Sequence[str], chars: int, seed: int = 1, between: str = " ", line: str = "\n") -> str:
    """A text of about so many characters: parts drawn at random, every tenth at the end of a line."""
    draw = random.Random(seed)
    found: list[str] = []
    size = 0
    while size < chars:
        found.append(draw.choice(parts) + (line if draw.random() < 0.1 else between))
        size += len(found[-1])
    return "".join(found)


def variants(number: int = 1_000, size: int = 20, new: int = 2) -> list[list[str]]:
    """Texts of blocks of about 60 words, each ending in a blank line; `new` of each text's blocks are its own."""
    words, draw, seeds = english(), random.Random(1), numbers(10)
    shared = [drawn(words, 350, next(seeds)).strip() + "\n\n" for _ in range(size - new)]
    made = []
    for _ in range(number):
        own = list(shared)
        for _ in range(new):
            own.insert(draw.randrange(len(own) + 1), drawn(words, 350, next(seeds)).strip() + "\n\n")
        made.append(own)
    return made


def shared_blocks(rounds: int, name: EncodingName) -> list[Row]:
    """1,000 variants of 20 blocks, of which 18 are the same in all: counted for the first time, and again."""
    made = variants()
    codec = encoding(name)

    def whole() -> list[int]:
        return [len(codec.encode_ordinary("".join(parts))) for parts in made]

    def again() -> list[int]:
        return [count("".join(parts), name) for parts in made]

    def empty() -> list[int]:
        memo.cache_clear()
        return again()

    assert whole() == empty() == again()
    ways: dict[str, Callable[[], object]] = {BASE: whole, EMPTY: empty, AGAIN: again}
    seconds = interleaved(ways, rounds, round_s=0, clock=time.process_time)
    return rows(f"1,000 variants, 9 blocks of 10 shared, {name}", seconds, BASE, {EMPTY: 0.2, AGAIN: 0.02})


def calls(rounds: int, name: EncodingName, *, apart: bool) -> list[Row]:
    """A prompt of about 2,300 tokens in a loop of calls, each with an input of its own, a tenth of the tokens.

    The input is a message of its own (`apart`), or stands in the middle of the only one. Rendering is outside the time.
    """
    words, seeds, codec = english(), numbers(100), encoding(name)
    made = [blocks.instructions(drawn(words, 350, seed), name=f"part-{seed}") for seed in range(26)]
    made.insert(
        26 if apart else 13, (blocks.user if apart else blocks.instructions)("A ticket: {{ ticket }}\nIts end.")
    )
    prompt = Prompt("benchmark", made)
    seconds: dict[str, list[float]] = {BASE: [], RENDERED: []}
    memo.cache_clear()
    for _ in range(rounds):
        new = [prompt.render(ticket=drawn(words, 1_000, next(seeds))) for _ in range(50)]
        started = time.process_time()
        expected = [sum(len(codec.encode_ordinary(m.content)) for m in each.messages) for each in new]
        seconds[BASE].append((time.process_time() - started) / len(new))
        started = time.process_time()
        found = [each.count(name).tokens for each in new]
        seconds[RENDERED].append((time.process_time() - started) / len(new))
        assert found == expected
    where = "a message of its own" if apart else "in the middle of one message"
    return rows(f"a call, a tenth of its tokens new, {where}, {name}", seconds, BASE, {RENDERED: 0.2})


def kinds() -> dict[str, str]:
    """A text of each kind, drawn at random so that no two paragraphs are alike."""
    words = english()
    lines = [line for path in sorted(STD.rglob("*.py")) for line in path.read_text("utf-8").splitlines()]
    return {
        "Chinese": drawn(CHINESE.split(), KIND_CHARS, between=""),
        "Hindi": drawn(HINDI.split(), KIND_CHARS),
        "emoji in English": drawn([*words[:200], *EMOJI.split() * 3], KIND_CHARS),
        "code": drawn(lines, KIND_CHARS, between="\n"),
        "English, CRLF": drawn(words, KIND_CHARS, line="\r\n"),
        "English, 5 MB": drawn(words, LARGE_CHARS),
    }


def by_kind(rounds: int, name: EncodingName) -> list[Row]:
    """A large text that was never seen, of each kind."""
    codec = encoding(name)
    made = []
    for kind, text in kinds().items():

        def whole(text: str = text) -> int:
            return len(codec.encode_ordinary(text))

        def empty(text: str = text) -> int:
            memo.cache_clear()
            return count(text, name)

        assert whole() == empty()
        seconds = interleaved({BASE: whole, EMPTY: empty}, rounds, round_s=0, clock=time.process_time)
        made += rows(f"{kind}, {name}", seconds, BASE, {EMPTY: 1.1})
    return made


def measure(rounds: int) -> list[Row]:
    """Every group, in CPU time; fresh processes last, in wall time."""
    found: list[Row] = []
    for name in NAMES:
        found += shared_blocks(rounds, name)
        found += calls(rounds, name, apart=True) + calls(rounds, name, apart=False)
        found += by_kind(rounds, name)
    return [*found, *fresh.measure(rounds)]
