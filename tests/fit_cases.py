"""Random prompts with all that can give way, each unit marked, so that a test can tell what is missing from a render."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from promptkit import Prompt, blocks

if TYPE_CHECKING:
    from random import Random

MODELS = ("gpt-4o", "gpt-4", "claude-sonnet-4", "cl100k_base")
WORDS = (
    "order",
    "the parcel",
    "Übergröße",
    "你好世界",
    "नमस्ते",
    "🙂🚀",
    "x = {1: 'a'}",
    "\n\n## Part",
    "  two",
    "a\r\nb",
    "</docs>",
)
SCHEMA = {
    "type": "object",
    "properties": {"queue": {"type": "string"}},
    "required": ["queue"],
    "additionalProperties": False,
}
MARK = re.compile(r"\[\[([a-z-]+[0-9.]*)\]\]")


@dataclass(slots=True)
class Case:
    """A prompt's entries, keys and values. `units` are the marks of what each block holds, by its name.

    `inside` are the blocks that each group holds, itself among them. `silent` are blocks without a mark.
    """

    random: Random
    entries: list[dict[str, Any]] = field(default_factory=list)
    inputs: dict[str, Any] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    units: dict[str, list[str]] = field(default_factory=dict)
    inside: dict[str, list[str]] = field(default_factory=dict)
    silent: set[str] = field(default_factory=set)
    question: list[str] = field(default_factory=list)
    budget: dict[str, Any] = field(default_factory=dict)

    def prompt(self) -> Prompt:
        """The prompt, composed anew."""
        return Prompt("case", self.entries, inputs=self.inputs, budget=self.budget)

    def words(self, mark: str, most: int = 30) -> str:
        """A text of random length that begins with a mark."""
        chosen = self.random.choices(WORDS, k=self.random.randint(0, most))
        return f"[[{mark}]] {' '.join(chosen)}".rstrip()


def case(random: Random) -> Case:
    """A random prompt, the values of a call, and a budget that names some of its blocks."""
    made = Case(random)
    heads = random.sample(
        [_text, _text, _group, _negative, _format, _tools, _when, _context_text], random.randint(1, 6)
    )
    for head in heads:
        made.entries.append(head(made))
    for turns in random.sample([_history, _examples, _exchange, _history_text], random.randint(0, 4)):
        made.entries += turns(made)
    if random.random() < 0.9:
        for question in random.sample([_context, _context, _user, _user, _when_user], random.randint(1, 4)):
            made.entries.append(question(made))
    for entry in [entry for entry in made.entries if "examples" in entry and not _asked(made, entry["examples"])]:
        made.entries.remove(entry)
        del made.units[entry["name"]], made.inside[entry["name"]]
    names = [*made.units, *(name for name in made.inside if name not in made.units)]
    shrink = random.sample(names, random.randint(0, len(names)))
    made.budget = {"max_tokens": 1, "shrink": shrink}
    if random.random() < 0.4:
        made.budget["step"] = random.choice([1, 20, 100, 1000])
    return made


def _name(made: Case, kind: str) -> str:
    name = f"{kind}{len(made.units) + len(made.silent) + len(made.inside)}"
    made.inside[name] = [name]
    return name


def _block(made: Case, kind: str) -> str:
    name = _name(made, kind)
    made.units[name] = [name]
    return name


def _text(made: Case) -> dict[str, Any]:
    name = _block(made, "text")
    return made.random.choice([blocks.text, blocks.role, blocks.instructions])(made.words(name), name=name)


def _negative(made: Case) -> dict[str, Any]:
    name = _block(made, "negative")
    return blocks.negative(made.words(name), name=name, join=made.random.choice(["", "\n", " "]))


def _format(made: Case) -> dict[str, Any]:
    name = _name(made, "format")
    made.units[name] = ["format"]
    made.silent.add(name)
    return blocks.format({"schema": SCHEMA}, name=name)


def _tools(made: Case) -> dict[str, Any]:
    name = _name(made, "tools")
    made.units[name] = []
    made.silent.add(name)
    tool = {"name": "find", "description": "Finds.", "parameters": {"type": "object", "properties": {}}}
    return blocks.tools([tool], name=name)


def _when(made: Case) -> dict[str, Any]:
    return {**_text(made), "when": _flag(made)}


def _flag(made: Case) -> str:
    name = f"flag{len(made.inputs)}"
    made.inputs[name] = {"type": "boolean"}
    made.values[name] = made.random.random() < 0.7
    return name


def _group(made: Case) -> dict[str, Any]:
    name = _name(made, "group")
    children = [
        made.random.choice([_text, _negative, _when, _context_inside])(made) for _ in range(made.random.randint(1, 3))
    ]
    made.inside[name] += [child["name"] for child in children]
    if made.random.random() < 0.4:
        return blocks.group(children, name=name)
    made.units[name] = [name]
    return blocks.instructions(f"[[{name}]]\n{{{{ blocks }}}}\nend", name=name, blocks=children)


def _context_text(made: Case) -> dict[str, Any]:
    name = _block(made, "context")
    return blocks.context(made.words(name), name=name, to="system")


def _context_inside(made: Case) -> dict[str, Any]:
    return {**_context(made), "to": "system"}


def _context(made: Case) -> dict[str, Any]:
    name = _name(made, "docs")
    number = made.random.randint(0, 6)
    made.units[name] = [f"{name}.{place}" for place in range(1, number + 1)]
    source = f"{name}_input"
    made.inputs[source] = {"type": "array"}
    made.values[source] = [made.words(mark) for mark in made.units[name]]
    content: dict[str, Any] = {"input": source}
    if made.random.random() < 0.4:
        content["text"] = "{{ loop.index }} of {{ loop.length }}: {{ item }}"
    if made.random.random() < 0.2:
        content["max_tokens"] = made.random.randint(0, 300)
    if made.random.random() < 0.2:
        content["item_max_tokens"] = made.random.randint(20, 120)
    return blocks.context(content, name=name)


def _user(made: Case) -> dict[str, Any]:
    name = _block(made, "user")
    made.question.append(name)
    return blocks.user(made.words(name), name=name)


def _when_user(made: Case) -> dict[str, Any]:
    return {**_user(made), "when": _flag(made)}


def _exchange(made: Case) -> list[dict[str, Any]]:
    asked, answered = _block(made, "user"), _block(made, "assistant")
    return [blocks.user(made.words(asked), name=asked), blocks.assistant(made.words(answered), name=answered)]


def _turns(made: Case, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    if made.random.random() < 0.2:
        found.append({"role": "assistant", "content": f"[[{name}.1]] How can I help?"})
    for number in range(len(found) + 1, len(found) + 1 + made.random.randint(0, 8)):
        found.append({"role": "user", "content": made.words(f"{name}.{number}")})
        for call in range(made.random.choice([0, 0, 0, 1, 2])):
            key = f"call-{number}-{call}"
            function = {"name": "find", "arguments": f'{{"n": {number}}}'}
            found.append(
                {
                    "role": "assistant",
                    "content": None,
                    "tool_calls": [{"id": key, "type": "function", "function": function}],
                }
            )
            found.append({"role": "tool", "tool_call_id": key, "content": made.words(f"{name}.{number}")})
        if made.random.random() < 0.95:
            found.append({"role": "assistant", "content": made.words(f"{name}.{number}", 10)})
    return found


def _history_of(made: Case, content: dict[str, Any]) -> list[dict[str, Any]]:
    name = _name(made, "history")
    source = f"{name}_input"
    made.inputs[source] = {"type": "messages"}
    made.values[source] = _turns(made, name)
    marks = [mark for message in made.values[source] for mark in MARK.findall(message["content"] or "")]
    made.units[name] = list(dict.fromkeys(marks))
    if made.random.random() < 0.2:
        content = {**content, "take": made.random.randint(0, 6)}
    return [blocks.history({"input": source, **content}, name=name)]


def _history(made: Case) -> list[dict[str, Any]]:
    return _history_of(made, {})


def _history_text(made: Case) -> list[dict[str, Any]]:
    return _history_of(made, {"text": "{{ item.role }}: {{ item.content }}"})


def _examples(made: Case) -> list[dict[str, Any]]:
    name = _name(made, "shots")
    number = made.random.randint(1, 5)
    made.units[name] = [f"{name}.{place}" for place in range(1, number + 1)]
    chat = made.random.random() < 0.3
    records: list[dict[str, Any]] = []
    for mark in made.units[name]:
        if chat:
            talk = [{"role": "user", "content": made.words(mark)}, {"role": "assistant", "content": "Yes."}]
            records.append({"id": mark, "messages": talk})
        else:
            records.append({"id": mark, "inputs": {}, "output": {"queue": made.words(mark, 10)}})
    content: dict[str, Any] = {"records": records, "select": made.random.choice(["first", "random"])}
    if not chat and made.random.random() < 0.4:
        content["text"] = "{{ loop.index }}/{{ loop.length }}: {{ item.output }}"
    if made.random.random() < 0.2:
        content["take"] = made.random.randint(0, 4)
    return [blocks.examples(content, name=name)]


def _asked(made: Case, content: dict[str, Any]) -> bool:
    """Gives each record the inputs that the last user message takes, without a mark; False where there is none."""
    if "text" in content or "messages" in content["records"][0]:
        return True
    given = {
        name: ["An article."] if name.startswith("docs") else True
        for name in made.inputs
        if not name.startswith("history")
    }
    for record in content["records"]:
        record["inputs"] = given
    return any(default_role(entry) == "user" for entry in made.entries)


def default_role(entry: dict[str, Any]) -> str:
    """Where an entry's text goes."""
    return str(entry.get("to", "user" if {"user", "context"} & entry.keys() else "system"))
