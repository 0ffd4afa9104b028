"""Random prompts with declared bounds, and random values that keep them: what the test of ranges draws."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from promptkit import Prompt
from promptkit.tokens import count
from promptkit.tokens.vocabulary import encoding

if TYPE_CHECKING:
    from random import Random

    from promptkit.content import Input

MODELS = ("gpt-4o", "gpt-4", "o200k_base", "cl100k_base")
ENCODINGS = {"gpt-4o": "o200k_base", "gpt-4": "cl100k_base"}
CODE = "ab cAB12 \n\t/.'’é用٣²\r-<>"
EDGES = (" ", "\n", "/", "\t", "\r\n", "=", "-", "a", "0", "</t", "</t-2", "<t>", "٣")
LITERALS = (
    "word", "Hello ", "\n", "\n\n", "- ", ": ", "(", ")", "'", "'s", "/", "</x>", "<x>\n", "12", " 1", "Ünï", "用户",
    "。", "!!", "  ", "\t", "Classify the text.\n\nAnswer with one word.\n", "a.b.c ", '"', "[", "] ", "#", "No. ",
)  # fmt: skip
SCHEMAS: tuple[dict[str, Any], ...] = (
    {"type": "string", "maxLength": 12},
    {"type": "string", "enum": ["red", "dark blue", ""]},
    {"type": "integer", "minimum": -5, "maximum": 1000},
    {"type": "boolean"},
)
ROW: dict[str, Any] = {
    "type": "object",
    "required": ["title", "place"],
    "properties": {"title": SCHEMAS[0], "place": SCHEMAS[2], "note": SCHEMAS[1]},
}


@cache
def vocabulary(name: str) -> list[str]:
    """The tokens of an encoding that are texts."""
    codec = encoding(name)
    found = []
    for token in range(0, codec.n_vocab - 30, 7):
        try:
            found.append(codec.decode_single_token_bytes(token).decode())
        except (UnicodeDecodeError, KeyError):
            continue
    return found


def text(draw: Random, limit: int, name: str) -> str:
    """A text of at most `limit` tokens that is awkward to count."""
    words = vocabulary(name)
    kind = draw.randrange(7)
    if kind == 0:
        return ""
    if kind == 1:
        found = "".join(draw.choices(words, k=draw.randint(1, max(limit, 1))))
    elif kind == 2:
        found = "".join(draw.choices(words, k=draw.randint(1, 3))) * draw.randint(1, limit + 1)
    elif kind == 3:
        found = "".join(draw.choices(CODE, k=draw.randint(1, limit + 1)))
    elif kind == 4:
        found = draw.choice(words) * (limit + 1)
    elif kind == 5:
        found = "".join(draw.choices(EDGES, k=draw.randint(1, 4))) * draw.randint(1, limit + 1)
    else:
        found = " ".join(draw.choices(words, k=limit + 1))
    while count(found, name) > limit:  # type: ignore[arg-type]
        found = found[: len(found) * 9 // 10]
    return found


# -- Inputs

INPUTS: dict[str, dict[str, Any]] = {
    "t": {"type": "string", "max_tokens": 30},
    "s": {"type": "string", "max_tokens": 5, "default": ""},
    "o": {"type": "string", "max_tokens": 9, "required": False},
    "d": {"type": "string", "max_tokens": 9, "default": "by default"},
    "n": {"type": "integer", "max_tokens": 4},
    "f": {"type": ["number", "string"], "max_tokens": 6},
    "b": {"type": "boolean"},
    "c": {"type": "boolean", "default": True},
    "e": {"type": "string", "enum": ["red", "dark blue", "用户1"]},
    "k": {"type": "integer", "enum": [1, 20, 3000], "default": 20},
    "xs": {"type": "array", "items": SCHEMAS[0], "max_items": 5},
    "cs": {"type": "array", "items": SCHEMAS[1], "max_items": 3, "default": ["red"]},
    "rows": {"type": "array", "items": ROW, "max_items": 4, "default": []},
    "js": {"type": "array", "items": {"type": "string"}, "max_items": 4, "max_tokens": 40, "default": []},
    "h": {"type": "messages", "default": []},
}


def item(draw: Random, schema: dict[str, Any], name: str) -> Any:
    """A value that a schema of this module accepts."""
    if "enum" in schema:
        return draw.choice(schema["enum"])
    if schema["type"] == "string":
        return text(draw, 12, name)[: schema.get("maxLength", 12)]
    if schema["type"] == "integer":
        whole = draw.randint(schema["minimum"], schema["maximum"])
        return float(whole) if draw.random() < 0.3 else whole
    if schema["type"] == "boolean":
        return draw.random() < 0.5
    keys = [key for key in schema["properties"] if key in schema["required"] or draw.random() < 0.5]
    return {key: item(draw, schema["properties"][key], name) for key in keys}


def value(draw: Random, key: str, name: str) -> Any:
    """A value for one of INPUTS; a call may still refuse it."""
    declared = INPUTS[key]
    if "enum" in declared:
        return draw.choice(declared["enum"])
    kind = declared["type"]
    if kind == "boolean":
        return draw.random() < 0.5
    if kind == "integer":
        return draw.choice((0, 7, -12, 10 ** draw.randint(1, 11)))
    if kind == "array":
        size = draw.choice((0, declared["max_items"], draw.randint(0, declared["max_items"])))
        return [item(draw, declared["items"], name) for _ in range(size)]
    if kind == "messages":
        roles = ("user", "assistant")
        return [{"role": draw.choice(roles), "content": text(draw, 20, name)} for _ in range(draw.randint(0, 5))]
    if isinstance(kind, list) and draw.random() < 0.3:
        return draw.choice((1.5, 10**6, -0.25))
    return text(draw, declared["max_tokens"], name)


def values(draw: Random, names: list[str], name: str) -> dict[str, Any]:
    """Values for a call; what may be left out sometimes is."""
    found = {}
    for key in names:
        lenient = "default" in INPUTS[key] or INPUTS[key].get("required") is False
        if not lenient or draw.random() < 0.7:
            found[key] = value(draw, key, name)
    return found


def declared_value(draw: Random, declared: Input, name: str) -> Any:
    """A value for any input, by its declaration."""
    kind = declared.types[0]
    if declared.enum is not None:
        return draw.choice(declared.enum)
    if kind == "boolean":
        return draw.random() < 0.5
    if kind == "integer":
        return draw.choice((0, 7, 10 ** draw.randint(1, 20)))
    if kind == "image":
        return "https://example.com/a.png"
    if kind == "messages":
        return [{"role": draw.choice(("user", "assistant")), "content": text(draw, 60, name)} for _ in range(3)]
    if kind == "array":
        size = draw.choice((0, 1, declared.max_items or 3))
        keys = (declared.items or {}).get("required", ())
        return [{key: text(draw, 40, name) for key in keys} or text(draw, 40, name) for _ in range(size)]
    return text(draw, declared.max_tokens or 40, name)


# -- Templates

PRINTED = (
    "{{ t }}", "{{ s }}", "{{ d }}", "{{ n }}", "{{ f }}", "{{ b }}", "{{ c }}", "{{ e }}", "{{ k }}", "{{ e|upper }}",
    "{{ o|default('none') }}", "{{ t|trim }}", "{{ t|truncate(9) }}", "{{ t[:4] }}", "{{ s ~ '-' ~ e }}", "{{ s or e }}",
    "{{ xs|length }}", "{{ xs|join(', ') }}", "{{ cs|join }}", "{{ rows|map(attribute='title')|join('\\n') }}",
    "{{ xs|first|default('-') }}", "{{ t if b else e }}", "{{ k + 1 }}", "{{ t|length }}", "{{ s|d('x', true) }}",
    "{{ js|join(' ') }}", "{{ [s, e]|join('/') }}", "{{ d|string }}", "{{ 'a' if k > 5 else 'bb' }}", "{{ s + d }}",
)  # fmt: skip
TESTS = (
    "b",
    "not c",
    "s",
    "t",
    "e == 'red'",
    "k > 5",
    "o is defined",
    "xs",
    "rows|length > 1",
    "b and s",
    "c or e == 'red'",
)
LOOPED = (
    "{% for x in xs %}BODY{{ x }}{% endfor %}",
    "{% for x in xs %}{{ loop.index }}. {{ x }}{% if not loop.last %}BODY{% endif %}{% else %}BODY{% endfor %}",
    "{% for r in rows %}{{ r.title }} {{ r.place }}{% if r.note is defined %} {{ r.note }}{% endif %}BODY{% endfor %}",
    "{% for c in cs if c %}{{ c }};BODY{% endfor %}",
    "{% for q in ['x', 'yy'] %}{{ q }}{% if loop.first %}BODY{% endif %}{% endfor %}",
    "{% for q in range(3) %}{{ q }}BODY{% endfor %}",
    "{% for j in js %}\n- {{ j }}BODY{% endfor %}",
    "{% for k, v in {'a': 1, 'b': 2}.items() %}{{ k }}={{ v }}BODY{% endfor %}",
)
OTHERS = (
    "{% set y = s ~ 'q' %}BODY{{ y }}",
    "{% set y %}BODY{% endset %}{{ y }}{{ y }}",
    "{% macro m(a, b='z') %}<{{ a }}{{ b }}>{% endmacro %}{{ m(s) }}{{ m(e, b=k) }}BODY",
    "{% macro w() %}[{{ caller() }}]{% endmacro %}{% call w() %}BODY{% endcall %}",
    "{% with z = e %}{{ z }}BODY{% endwith %}",
    "{% if b %}{% set g = 'long text' %}{% else %}{% set g = s %}{% endif %}{{ g }}BODY",
    "{% filter trim %} {{ t }}{% endfilter %}BODY",
)


def template(draw: Random, depth: int = 3) -> str:
    """A template over INPUTS."""
    parts = [draw.choice(LITERALS)]
    for _ in range(draw.randint(0, 3)):
        kind = draw.random()
        if kind < 0.35:
            parts.append(draw.choice(LITERALS))
        elif kind < 0.7 or depth == 0:
            parts.append(draw.choice(PRINTED))
        elif kind < 0.82:
            inner, other = template(draw, depth - 1), template(draw, depth - 1)
            parts.append(f"{{% if {draw.choice(TESTS)} %}}{inner}{{% else %}}{other}{{% endif %}}")
        else:
            inner = template(draw, depth - 2) if depth > 1 else draw.choice(LITERALS)
            parts.append(draw.choice(LOOPED if kind < 0.93 else OTHERS).replace("BODY", inner))
    return "".join(parts)


def block(draw: Random, number: int, depth: int = 1) -> dict[str, Any]:
    """One entry of a prompt."""
    kind = draw.choice(
        (
            "examples",
            "system",
            "instructions",
            "user",
            "user",
            "assistant",
            "context",
            "negative",
            "group",
            "items",
            "history",
        )
    )
    name = f"block{number}"
    entry: dict[str, Any] = {"name": name}
    if draw.random() < 0.3:
        entry["when"] = draw.choice(TESTS)
    if draw.random() < 0.2:
        entry["join"] = draw.choice(("\n", "", " ", "\n---\n"))
    if kind == "group" and depth:
        children = [block(draw, number * 10 + place, 0) for place in (1, 2, 3)]
        children = [{**each, "to": "system"} for each in children if "history" not in each]
        return {
            **entry,
            "instructions": f"{draw.choice(LITERALS)}{{{{ blocks }}}}{draw.choice(LITERALS)}",
            "blocks": children,
        }
    if kind == "negative":
        return {**entry, "negative": [template(draw, 1).strip() or "x", {"avoid": "y", "instead": "{{ e }}"}]}
    if kind == "items":
        return {**entry, "context": items(draw)}
    if kind == "examples":
        return {**entry, "examples": examples(draw)}
    if kind == "history":
        told = {"text": "{{ item.role }}"} if draw.random() < 0.3 else {}
        return {**entry, "history": {"input": "h", "max_tokens": draw.choice((30, 200)), **told}}
    kind = "text" if kind == "group" else kind
    if draw.random() < 0.2:
        bound = draw.choice(("{{ t }}", "{{ s ~ e }}", "x{{ k }}", "{{ b }}", "plain"))
        return {**entry, kind: f"{draw.choice(LITERALS)}{{{{ own }}}}", "with": {"own": bound}}
    return {**entry, kind: template(draw)}


def items(draw: Random) -> dict[str, Any]:
    """The items of a context."""
    source = draw.choice(("t", "s", "xs", "cs", "rows", "n"))
    found: dict[str, Any] = {"input": source}
    if source == "rows" or draw.random() < 0.3:
        shown = "{{ item.title }}" if source == "rows" else "{{ item }}"
        found["text"] = draw.choice(("", "[{{ loop.index }}] ", "{% if loop.first %}Found:\n{% endif %}- ")) + shown
    for key, choice in (("take", (0, 1, 3)), ("max_tokens", (0, 9, 40)), ("item_max_tokens", (5, 12))):
        if draw.random() < 0.25:
            found[key] = draw.choice(choice)
    return found


def examples(draw: Random) -> dict[str, Any]:
    """Examples, chosen in one of the ways that there are."""
    required = [key for key, each in INPUTS.items() if "default" not in each and each.get("required") is not False]
    records = [
        {
            "inputs": {key: value(draw, key, "o200k_base") for key in required},
            "output": draw.choice(("red", {"a": [1]})),
        }
        for _ in range(4)
    ]
    found: dict[str, Any] = {"records": records, "select": draw.choice(("first", "similar", "random", "diverse"))}
    if draw.random() < 0.4:
        found["text"] = draw.choice(
            ("{{ item.output }}", "{{ loop.index }}: {{ item.inputs.t }}", "{{ e }}>{{ item.output }}")
        )
    for key, choice in (("take", (0, 1, 3)), ("max_tokens", (0, 60)), ("item_max_tokens", (30,))):
        if draw.random() < 0.3:
            found[key] = draw.choice(choice)
    return found


def prompt(draw: Random) -> Prompt:
    """A prompt of a few blocks. Raises LibraryError or ComposeError where they do not go together."""
    entries = [block(draw, number) for number in range(1, draw.randint(2, 6))]
    keys: dict[str, Any] = {"inputs": INPUTS}
    if draw.random() < 0.3:
        keys["join"] = draw.choice(("\n", " ", ""))
    return Prompt("drawn", entries, **keys)
