"""The file format: every key, with the JSON Schema of its value. The reader and `promptkit schema` share them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from promptkit.blocks.forms import FORMS
from promptkit.blocks.kinds import ITEM_KEYS, KINDS, SELECTS, TEXTLESS

if TYPE_CHECKING:
    from collections.abc import Mapping

TEXT = {"type": "string"}
NAME = {"type": "string", "minLength": 1}
COUNT = {"type": "integer", "minimum": 0}
POSITIVE = {"type": "integer", "minimum": 1}
COUNT_OR_EXPRESSION = {"anyOf": [COUNT, {"type": "string", "pattern": r"\{\{"}]}
SCALAR = {"type": ["string", "number", "boolean", "null"]}

TYPES = (
    "string",
    "number",
    "integer",
    "boolean",
    "object",
    "array",
    "null",
    "messages",
    "image",
    "audio",
    "file",
    "any",
)
ROLES = ("system", "user", "assistant")
LISTS = ("bulleted", "numbered")
ORDERS = ("nearest-last", "nearest-first", "file")

INPUT: Mapping[str, Any] = {
    "type": {
        "description": "A JSON Schema type, or several; or messages, image, audio, file, any.",
        "anyOf": [{"enum": list(TYPES)}, {"type": "array", "items": {"enum": list(TYPES)}, "minItems": 1}],
    },
    "description": {"description": "What it is, for people.", **TEXT},
    "default": {"description": "Its value when none is given: data, never a template."},
    "sample": {"description": "A realistic value, for measuring and showing: data, never a template."},
    "required": {"description": "false: a call may leave it out; true: it may not, guarded or not.", "type": "boolean"},
    "trust": {"description": "untrusted marks what comes from outside.", "enum": ["trusted", "untrusted"]},
    "enum": {"description": "The only values it may have.", "type": "array", "minItems": 1},
    "items": {"description": "JSON Schema of the items of an array.", "type": "object"},
    "properties": {"description": "JSON Schemas of an object's properties.", "type": "object"},
    "max_tokens": {"description": "Its largest size; a call above it is an error.", **COUNT},
    "max_items": {"description": "The most items it may have; a call above it is an error.", **COUNT},
}

BLOCK: Mapping[str, Any] = {
    "use": {"description": "The name of a block: blocks/<name>.md, or std/<name>.", **NAME},
    "name": {"description": "Its name in this prompt; by default the last part of use, or its kind.", **NAME},
    "with": {"description": "Inputs of its own: data, a template, or one {{ expression }}.", "type": "object"},
    "when": {"description": "A bare expression over the inputs; where it is false the block is left out.", **TEXT},
    "to": {"description": "The role that its text goes to.", "enum": list(ROLES)},
    "join": {"description": "The text before it, in the place of the prompt's join.", **TEXT},
    "blocks": {"description": "The blocks of a group; a text shows them as {{ blocks }}.", "$ref": "#/$defs/blocks"},
}

ANCHOR: Mapping[str, Any] = {
    "before": {"description": "The block that it stands before.", **NAME},
    "after": {"description": "The block that it stands after.", **NAME},
}

SETTINGS: Mapping[str, Any] = {
    "description": {"description": "What the prompt is for.", **TEXT},
    "owner": {"description": "Who answers for it.", **TEXT},
    "model": {"description": "The model it is written for.", **NAME},
    "params": {"description": "Parameters of the request, such as temperature.", "type": "object"},
    "inputs": {
        "description": "Its inputs by name.",
        "type": "object",
        "additionalProperties": {"$ref": "#/$defs/input"},
    },
    "join": {"description": "What stands between two blocks of a message; one blank line by default.", **TEXT},
    "budget": {"description": "A token limit, and the blocks that may give way.", "$ref": "#/$defs/budget"},
    "usage": {"description": "How it is used, for what it costs.", "$ref": "#/$defs/usage"},
}

BUDGET: Mapping[str, Any] = {
    "max_tokens": {"description": "The most tokens that the prompt may have.", **COUNT},
    "models": {
        "description": "The models that have a limit of their own, in the place of max_tokens.",
        "type": "object",
        "additionalProperties": COUNT,
    },
    "shrink": {"description": "Blocks that may give way, in this order.", "type": "array", "items": NAME},
    "step": {"description": "By how many tokens at least the cut of a history moves.", **POSITIVE},
}

OPEN = {"patternProperties": {"^x-": True}, "additionalProperties": False}
SHARE = {"anyOf": [{"type": "number", "minimum": 0, "maximum": 1}, {"type": "string", "pattern": r"^(0|1|0\.\d+)$"}]}

USAGE: Mapping[str, Any] = {
    "calls": {
        "description": "Calls a month, or a text such as 100000/day: /day, /week, /month or /year.",
        "anyOf": [
            {"type": "number", "minimum": 0},
            {
                "type": "string",
                "pattern": r"^\s*(\d{1,3}(,\d{3})+|\d[\d_]*)(\.\d+)?\s*(/\s*(day|week|month|year)\s*)?$",
            },
        ],
    },
    "output_tokens": {"description": "Tokens of an answer, its reasoning included.", **COUNT},
    "hit_rate": {"description": "The share of calls that find the prompt's prefix in the provider's cache.", **SHARE},
    "batch": {"description": "The share of calls that are sent as a batch.", **SHARE},
}

MONEY = {"anyOf": [{"type": "number", "minimum": 0}, {"type": "string", "pattern": r"^\d+(\.\d+)?$"}]}
MONEY_OR_INPUT = {"anyOf": [*MONEY["anyOf"], {"const": "input"}]}

RATES: Mapping[str, Any] = {
    "input": {"description": "USD per million input tokens.", **MONEY},
    "cached_input": {
        "description": "Of a prefix that is read from the cache; input: billed as input.",
        **MONEY_OR_INPUT,
    },
    "cache_write": {"description": "Of a prefix that is written to it; input: billed as input.", **MONEY_OR_INPUT},
    "output": {"description": "USD per million output tokens.", **MONEY},
}

_BATCH = {
    "description": "The rates of calls that are sent as a batch.",
    "type": "object",
    "properties": RATES,
    "minProperties": 1,
    **OPEN,
}

TIER: Mapping[str, Any] = {
    "above_tokens": {"description": "The tier holds for calls with more input tokens than that.", **POSITIVE},
    **RATES,
    "batch": _BATCH,
}

DATE = {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"}

PRICE: Mapping[str, Any] = {
    **RATES,
    "batch": _BATCH,
    "tiers": {
        "description": "Long-context rates, each tier whole: what it does not name is unknown in it.",
        "type": "array",
        "items": {
            "type": "object",
            "properties": TIER,
            "required": ["above_tokens"],
            **OPEN,
        },
    },
    "cache_minimum": {"description": "The fewest tokens of a prefix that the provider caches.", **COUNT},
    "cache_step": {
        "description": "The step of tokens in which a longer prefix is cached.",
        **POSITIVE,
    },
    "context_window": {"description": "The most tokens of a call.", **POSITIVE},
    "max_output_tokens": {"description": "The most tokens of an answer.", **POSITIVE},
    "reasons": {"description": "Whether it reasons by itself, in output tokens.", "type": "boolean"},
    "provider": {"description": "Who sells it.", **NAME},
    "retires": {"description": "The day from which it answers no more.", **DATE},
    "source": {"description": "Where the figures come from; by default their place in this file.", **NAME},
    "checked": {"description": "The day they were looked up; from 90 days on they are stale.", **DATE},
}

EDITS: Mapping[str, Any] = {
    "drop": {"description": "Names of blocks to leave out.", "type": "array", "items": NAME},
    "replace": {
        "description": "Blocks, or for a block named after its kind its content, by the name whose place they take.",
        "$ref": "#/$defs/replacements",
    },
    "add": {
        "description": "Blocks to add, each before or after an anchor.",
        "type": "array",
        "items": {"$ref": "#/$defs/addition"},
    },
    "set": {"description": "Inputs with a fixed value; a call cannot pass them.", "type": "object"},
}

OVERLAY: Mapping[str, Any] = {**EDITS, **SETTINGS}

SEVERITIES = ("error", "warning", "info")

_RULES: Mapping[str, Any] = {"type": "array", "items": NAME}

FILE_LINT: Mapping[str, Any] = {"ignore": {"description": "Rules that find nothing in this file.", **_RULES}}

_FILE_LINT: Mapping[str, Any] = {
    "lint": {
        "description": "What promptkit lint does with this file.",
        "type": "object",
        "properties": FILE_LINT,
        **OPEN,
    }
}

PROMPT: Mapping[str, Any] = {
    **SETTINGS,
    "blocks": {"description": "Its blocks, in order.", "$ref": "#/$defs/blocks"},
    "extends": {"description": "The prompt that this file changes; edit its blocks by drop, replace and add.", **NAME},
    **EDITS,
    "variants": {
        "description": "Overlays by name, each a variant.",
        "type": "object",
        "additionalProperties": {"$ref": "#/$defs/overlay"},
    },
    "matrix": {
        "description": "Axes to cross: a list of values of the input of that name, or overlays by name.",
        "type": "object",
        "additionalProperties": {
            "anyOf": [
                {"type": "array", "minItems": 1},
                {"type": "object", "minProperties": 1, "additionalProperties": {"$ref": "#/$defs/overlay"}},
            ]
        },
    },
    **_FILE_LINT,
}

FRONT_MATTER: Mapping[str, Any] = {
    "kind": {
        "description": "Its kind; by default the folder's.",
        "enum": [kind for kind in KINDS if kind not in TEXTLESS],
    },
    "description": {"description": "What it is for.", **TEXT},
    "owner": {"description": "Who answers for it.", **TEXT},
    "inputs": SETTINGS["inputs"],
    "sources": {"description": "Where its claims come from.", "type": "array", "items": TEXT},
    "conflicts": {
        "description": "Names of blocks that it contradicts: a prompt cannot hold both.",
        "type": "array",
        "items": NAME,
    },
    "input": {
        "description": "Of a context or history: the input with its items, for each of which the text is written.",
        **NAME,
    },
    "deprecated": {
        "description": "true, or why it is not to be used any more; promptkit lint names what uses it.",
        "anyOf": [{"type": "boolean"}, NAME],
    },
    "replaced_by": {"description": "Of a deprecated block: the name of the one to use in its place.", **NAME},
    **_FILE_LINT,
}

LINT: Mapping[str, Any] = {
    "select": {"description": "The rules that run, in the place of the default ones.", **_RULES},
    "ignore": {"description": "Rules that do not run.", **_RULES},
    "per_file_ignores": {
        "description": "Rules that find nothing in some files, by a pattern of their paths; * matches / too.",
        "type": "object",
        "additionalProperties": _RULES,
    },
    "severities": {
        "description": "What a finding of a rule counts as.",
        "type": "object",
        "additionalProperties": {"enum": list(SEVERITIES)},
    },
    "preview": {"description": "Whether rules that have yet to prove themselves run.", "type": "boolean"},
}

CONFIG: Mapping[str, Any] = {
    "models": {
        "description": "The models that promptkit tokens measures; the first is the library's own.",
        "type": "array",
        "items": NAME,
    },
    "jinja": {
        "description": "White-space settings of this library's templates.",
        "type": "object",
        "properties": {"trim_blocks": {"type": "boolean"}, "lstrip_blocks": {"type": "boolean"}},
        "additionalProperties": False,
    },
    "thresholds": {
        "description": "From where a measured number is worth a remark.",
        "type": "object",
        "properties": {
            "static_tokens": {"description": "From how many static tokens a prompt is called long.", **COUNT}
        },
        "additionalProperties": False,
    },
    "usage": {
        "description": "How its prompts are used, where they do not say otherwise.",
        "type": "object",
        "properties": USAGE,
        **OPEN,
    },
    "prices": {
        "description": "What models cost here, by their names; over what promptkit knows, field by field.",
        "type": "object",
        "propertyNames": {"pattern": r"^(?!estimate:)\s*\S"},
        "additionalProperties": {
            "type": "object",
            "properties": PRICE,
            **OPEN,
        },
    },
    "lint": {
        "description": "Which rules promptkit lint runs: by code, by the beginning of a code, by name, or all.",
        "type": "object",
        "properties": LINT,
        **OPEN,
    },
}

RECORD: Mapping[str, Any] = {
    "inputs": {"description": "The prompt's inputs.", "type": "object"},
    "output": {"description": "The right answer: text, or data that is written as compact JSON."},
    "reasoning": {"description": "The reasoning that leads to it.", **TEXT},
    "id": {"description": "A name for it.", **SCALAR},
    "messages": {"description": "A record in chat form, inserted as it stands.", "type": "array"},
}

SELECTOR = {"anyOf": [{"enum": list(SELECTS)}, {"type": "string", "pattern": r"\{\{"}]}

SELECT: Mapping[str, Any] = {
    "by": {"description": "What chooses the records.", **SELECTOR},
    "seed": {"description": "Another seed, another choice (random, balanced).", **COUNT_OR_EXPRESSION},
    "on": {
        "description": "The inputs whose words are compared; by default all that records have (similar, diverse).",
        "type": "array",
        "items": NAME,
        "minItems": 1,
    },
    "label": {"description": "The dotted path of what is balanced; output by default (balanced).", **NAME},
    "order": {"description": "How the chosen records stand (similar).", "enum": list(ORDERS)},
}

ITEMS: Mapping[str, Any] = {
    "from": {"description": ITEM_KEYS["from"], **NAME},
    "records": {"description": ITEM_KEYS["records"], "type": "array", "items": {"$ref": "#/$defs/record"}},
    "input": {"description": ITEM_KEYS["input"], **NAME},
    "take": {"description": ITEM_KEYS["take"], **COUNT_OR_EXPRESSION},
    "select": {
        "description": ITEM_KEYS["select"],
        "anyOf": [
            SELECTOR,
            {"type": "object", "properties": SELECT, "patternProperties": {"^x-": True}, "additionalProperties": False},
        ],
    },
    "max_tokens": {"description": ITEM_KEYS["max_tokens"], **COUNT_OR_EXPRESSION},
    "item_max_tokens": {"description": ITEM_KEYS["item_max_tokens"], **COUNT_OR_EXPRESSION},
    "text": {"description": ITEM_KEYS["text"], **TEXT},
    "answer": {"description": ITEM_KEYS["answer"], **TEXT},
}

FORMAT: Mapping[str, Any] = {
    "schema": {"description": "A schema file, or a JSON Schema written here.", "type": ["string", "object"]},
    "form": {
        "description": "How the schema is told: "
        + "; ".join(f"{name}: {form.help}" for name, form in FORMS.items())
        + ".",
        "anyOf": [{"enum": list(FORMS)}, {"type": "string", "pattern": r"\{\{"}],
    },
    "structured": {
        "description": "false: describe the schema, but do not ask the provider to enforce it.",
        "type": "boolean",
    },
    "choices": {"description": "The answers to choose from.", "type": "array", "items": SCALAR, "minItems": 1},
    "sections": {"description": "Headings of the answer, in order.", "type": "array", "items": TEXT, "minItems": 1},
    "list": {"description": "The answer is a list of this style.", "enum": list(LISTS)},
}

OF_SCHEMA = ("form", "structured")
"""The keys of a format that belong to its schema."""

DETAILS = ("low", "high", "auto")

MEDIA: Mapping[str, Any] = {
    "input": {"description": "The input that holds it, of type image, audio or file.", **NAME},
    "detail": {"description": "How closely the model looks at an image.", "enum": list(DETAILS)},
}

TOOL: Mapping[str, Any] = {
    "name": {"description": "Its name.", "type": "string", "pattern": "^[a-zA-Z0-9_-]{1,64}$"},
    "description": {"description": "What it does, and when to call it: the model reads this.", **NAME},
    "parameters": {"description": "JSON Schema of its arguments, of type object.", "type": "object"},
}

AVOID: Mapping[str, Any] = {
    "avoid": {"description": "What not to do.", **TEXT},
    "instead": {"description": "What to do in its place.", **TEXT},
}
