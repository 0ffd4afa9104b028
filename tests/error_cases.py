"""Broken libraries and calls with what is said of them: files, words of the command, lines on stderr."""

from __future__ import annotations

import pytest

OK = "blocks: [{user: Hi}]\n"
TICKET = 'inputs: {ticket: {type: string}}\nblocks: [{user: "{{ ticket }}"}]\n'
NUMBER = 'inputs: {n: {type: integer}}\nblocks: [{user: "{{ n }}"}]\n'
SHOTS = "blocks: [{format: {schema: schemas/a.json}}, {examples: [{inputs: {}, output: 1}]}, {user: q}]\n"

CASES = [
    pytest.param(
        {"prompts/x.yaml": "blocks: [{user: Hi}]\nmodle: x\n"},
        ["list"],
        ["prompts/x.yaml:2:1: unknown key of a prompt 'modle'; did you mean 'model'?"],
        id="wrong-key",
    ),
    pytest.param(
        {"prompts/x.yaml": "blocks:\n  - sytem: Hi\n"},
        ["list"],
        ["prompts/x.yaml:2:5: unknown block kind 'sytem'; did you mean 'system'?"],
        id="wrong-kind",
    ),
    pytest.param(
        {"prompts/x.yaml": "inputs: {a: {type: strin}}\nblocks: [{user: Hi}]\n"},
        ["list"],
        ["prompts/x.yaml:1:20: unknown type 'strin'; did you mean 'string'?"],
        id="wrong-type",
    ),
    pytest.param(
        {"prompts/x.yaml": "blocks: [{use: role/x}]\n", "blocks/role/y.md": "a"},
        ["list"],
        ["prompts/x.yaml:1:16: unknown block 'role/x'; did you mean 'role/y'?"],
        id="block-name",
    ),
    pytest.param(
        {"prompts/x.yaml": "blocks: [{examples: {from: examples/a.yaml}}, {user: q}]\n", "examples/b.yaml": "[]"},
        ["list"],
        ["prompts/x.yaml:1:28: no example file 'examples/a.yaml'; did you mean 'examples/b.yaml'?"],
        id="from-name",
    ),
    pytest.param(
        {"prompts/x.yaml": "blocks: [{format: {schema: schemas/a.json}}]\n", "schemas/b.json": "{}"},
        ["list"],
        ["prompts/x.yaml:1:28: no schema 'schemas/a.json'; did you mean 'schemas/b.json'?"],
        id="schema-name",
    ),
    pytest.param(
        {"prompts/x.yaml": "blocks: [{examples: {from: ../a.yaml}}, {user: q}]\n"},
        ["list"],
        ["prompts/x.yaml:1:28: no example file '../a.yaml'"],
        id="from-dotdot",
    ),
    pytest.param(
        {"prompts/x.yaml": "blocks: [{format: {schema: ../../etc/passwd}}]\n"},
        ["list"],
        ["prompts/x.yaml:1:28: no schema '../../etc/passwd'"],
        id="schema-dotdot",
    ),
    pytest.param(
        {"prompts/x.yaml": "blocks: [{user: Hi}]\nvariants: {zero: {}}\n"},
        ["render", "x", "--variant", "zreo"],
        ["prompts/x.yaml:1:1: unknown variant 'zreo' of 'x'; did you mean 'zero'?"],
        id="variant",
    ),
    pytest.param(
        {"prompts/x.yaml": TICKET},
        ["render", "x"],
        ["x: missing input 'ticket' (declared at prompts/x.yaml:1:10); give it with -i ticket=..."],
        id="missing",
    ),
    pytest.param(
        {"prompts/x.yaml": TICKET},
        ["tokens", "x"],
        ["prompts/x.yaml:1:10: x: not counted: no value and no sample for 'ticket'; pass -i NAME=VALUE"],
        id="missing-tokens",
    ),
    pytest.param(
        {"prompts/x.yaml": TICKET},
        ["render", "x", "-i", "tiket=1"],
        ["x: unknown input 'tiket'; did you mean 'ticket'?"],
        id="misspelt",
    ),
    pytest.param(
        {"prompts/x.yaml": NUMBER},
        ["render", "x", "-i", "n=abc"],
        ["prompts/x.yaml:1:10: input 'n' must be integer; 'abc' is not JSON of that type"],
        id="wrongtype",
    ),
    pytest.param(
        {"prompts/x.yaml": NUMBER},
        ["render", "x", "-i", 'n="a"'],
        ["prompts/x.yaml:1:10: input 'n' must be integer, not str 'a'"],
        id="wrongtype2",
    ),
    pytest.param(
        {"prompts/x.yaml": 'inputs: {n: {type: string, max_tokens: 2}}\nblocks: [{user: "{{ n }}"}]\n'},
        ["render", "x", "-i", "n=a b c d e f g"],
        ["prompts/x.yaml:1:10: input 'n' has 7 tokens, over its max_tokens 2; shorten it"],
        id="maxtok",
    ),
    pytest.param(
        {"prompts/x.yaml": OK, "blocks/a.md": b"\xff\xfeh\x00\xe9\x00"},
        ["list"],
        ["blocks/a.md:1:1: is not UTF-8 (byte 0xff); it looks like UTF-16; save it as UTF-8"],
        id="utf16",
    ),
    pytest.param(
        {"prompts/x.yaml": OK, "blocks/a.md": b"a\nh\xe9"},
        ["list"],
        ["blocks/a.md:2:2: is not UTF-8 (byte 0xe9); save it as UTF-8"],
        id="latin1",
    ),
    pytest.param(
        {
            "prompts/x.yaml": b"\xff\xfeb\x00l\x00o\x00c\x00k\x00s\x00:\x00 \x00[\x00{\x00u\x00s\x00e\x00r\x00:\x00 \x00H\x00i\x00}\x00]\x00\n\x00"
        },
        ["list"],
        ["prompts/x.yaml:1:1: is not UTF-8 (byte 0xff); it looks like UTF-16; save it as UTF-8"],
        id="utf16-yaml",
    ),
    pytest.param(
        {"prompts/x.yaml": OK, "blocks/a.md": 'a\n{% include "b" %}', "blocks/b.md": '{% include "a" %}'},
        ["list"],
        [
            "blocks/a.md:2:13: templates that include each other: a -> b -> a",
        ],
        id="inc-cycle",
    ),
    pytest.param(
        {"prompts/a.yaml": "extends: b\n", "prompts/b.yaml": "extends: a\n", "prompts/c.yaml": OK},
        ["list"],
        ["prompts/a.yaml:1:10: extends in a circle: a -> b -> a; break it"],
        id="ext-cycle",
    ),
    pytest.param(
        {"prompts/a.yaml": "extends: a\n"},
        ["list"],
        ["prompts/a.yaml:1:10: extends in a circle: a -> a; break it"],
        id="ext-self",
    ),
    pytest.param(
        {"prompts/x.yaml": OK, "blocks/a.md": 'a\n{% include "bb" %}'},
        ["list"],
        ["blocks/a.md:2:13: no template 'bb' to include; known: a"],
        id="miss-inc",
    ),
    pytest.param(
        {"prompts/x.yaml": OK, "blocks/a.md": "a\n{% if x %}"},
        ["list"],
        [
            "blocks/a.md:2:1: template syntax: unexpected end of template. Jinja was looking for the following tags: 'elif' or 'else' or 'endif'. The innermost block that needs to be closed is 'if'"
        ],
        id="syntax",
    ),
    pytest.param(
        {"prompts/x.yaml": "blocks:\n  - user: |\n      a\n      {% fi %}\n"},
        ["list"],
        ["prompts/x.yaml:4:7: template syntax: encountered unknown tag 'fi'"],
        id="syntax-yaml",
    ),
    pytest.param(
        {"prompts/x.yaml": "blocks: [{user: Hi}]\nblocks: []\n"},
        ["list"],
        ["prompts/x.yaml:2:1: the key 'blocks' stands twice; the first is at line 1"],
        id="dup",
    ),
    pytest.param(
        {"prompts/x.yaml": "params: {v: 1.10}\nblocks: [{user: Hi}]\n"},
        ["list"],
        ["prompts/x.yaml:1:13: the number 1.10 would read as 1.1; quote it, or write it so"],
        id="1.10",
    ),
    pytest.param(
        {"prompts/x.yaml": "blocks: &a [*a]\n"},
        ["list"],
        ["prompts/x.yaml:1:9: nested more than 60 deep; flatten it"],
        id="alias-self",
    ),
    pytest.param(
        {"prompts/x.yaml": "blocks: !!python/object/apply:os.system [id]\n"},
        ["list"],
        [
            "prompts/x.yaml:1:9: the tag !!python/object/apply:os.system is not used here; remove it, and quote what is text"
        ],
        id="tag",
    ),
    pytest.param(
        {"prompts/x.yaml": OK},
        ["tokens", "--model", "gpt-4p"],
        ["unknown model 'gpt-4p'; did you mean 'gpt-4'? estimate:gpt-4p counts it as an estimate"],
        id="model",
    ),
    pytest.param(
        {"prompts/x.yaml": "model: gtp-4o\nblocks: [{user: Hi}]\n"},
        ["tokens"],
        ["prompts/x.yaml:1:8: unknown model 'gtp-4o'; did you mean 'gpt-4o'? estimate:gtp-4o counts it as an estimate"],
        id="model-file",
    ),
    pytest.param(
        {"prompts/x.yaml": OK, "promptkit.yaml": "models: [gtp-4o]\n"},
        ["tokens"],
        [
            "promptkit.yaml:1:10: unknown model 'gtp-4o'; did you mean 'gpt-4o'? estimate:gtp-4o counts it as an estimate"
        ],
        id="model-cfg",
    ),
    pytest.param(
        {"prompts/x.yaml": OK, "promptkit.yaml": "models:\n  - gpt-4o\n  - claude-sonet-5\n"},
        ["tokens"],
        [
            "promptkit.yaml:3:5: unknown model 'claude-sonet-5'; did you mean 'claude-sonnet-5'? "
            "estimate:claude-sonet-5 counts it as an estimate"
        ],
        id="model-cfg-slip",
    ),
    pytest.param(
        {"prompts/x.yaml": OK + "variants: {b: {model: gpt-4o-mni}}\n"},
        ["tokens"],
        [
            "prompts/x.yaml:2:23: unknown model 'gpt-4o-mni'; did you mean 'gpt-4o-mini'? "
            "estimate:gpt-4o-mni counts it as an estimate"
        ],
        id="model-variant-slip",
    ),
    pytest.param(
        {"prompts/x.yaml": OK, "schemas/a.json": '{"type": "strin"}'},
        ["list"],
        ["schemas/a.json:1:1: is not a JSON Schema: type: 'strin' is not valid under any of the given schemas"],
        id="bad-schema",
    ),
    pytest.param(
        {"prompts/x.yaml": OK, "schemas/a.json": '{"$ref": "https://a.b/c"}'},
        ["list"],
        [
            "schemas/a.json:1:1: is not a JSON Schema: the reference 'https://a.b/c' leaves the file; copy what it names into $defs"
        ],
        id="remote-ref",
    ),
    pytest.param(
        {"prompts/x.yaml": SHOTS, "schemas/a.json": '{"$ref": "#/$defs/c"}'},
        ["list"],
        [
            "prompts/x.yaml:1:58: the example's output does not fit the format: the schema's reference '/$defs/c' names nothing"
        ],
        id="local-missing-ref",
    ),
    pytest.param(
        {"prompts/x.yaml": SHOTS, "schemas/a.json": '{"$ref": "#"}'},
        ["list"],
        ["prompts/x.yaml:1:58: the example's output does not fit the format: is nested too deep to be checked"],
        id="loop-ref",
    ),
    pytest.param(
        {"prompts/x.yaml": SHOTS, "schemas/a.json": '{"type": "string"}'},
        ["list"],
        ["prompts/x.yaml:1:58: the example's output does not fit the format: 1 is not of type 'string'"],
        id="output",
    ),
    pytest.param(
        {
            "prompts/x.yaml": "blocks: [{format: {schema: schemas/a.json}}, {chain_of_thought: think}]\n",
            "schemas/a.json": '{"type": "string"}',
        },
        ["list"],
        [
            "prompts/x.yaml:1:46: 'chain_of_thought' asks for reasoning as text, which the structured output of 'format' forbids; set structured: false there, or drop 'chain_of_thought' and put a reasoning property first in the schema"
        ],
        id="cot",
    ),
    pytest.param(
        {"prompts/x.yaml": OK, "blocks/a.md": "a", "blocks/a.txt": "b"},
        ["list"],
        ["blocks/a.txt: the name 'a' is taken by blocks/a.md; rename one"],
        id="ambig-block",
    ),
    pytest.param(
        {"prompts/x.yaml": OK, "prompts/x.yml": OK},
        ["list"],
        ["prompts/x.yml: the name 'x' is taken by prompts/x.yaml; rename one"],
        id="ambig-prompt",
    ),
    pytest.param(
        {"prompts/x.yaml": OK, "blocks/a.md": "a", "partials/a.md": "b"},
        ["list"],
        ["partials/a.md:1:1: the partial 'a' has the name of a block; an include could mean either"],
        id="ambig-part",
    ),
    pytest.param(
        {"prompts/x.yaml": "blocks: [{user: a, name: q}, {user: b, name: q}]\n"},
        ["list"],
        ["prompts/x.yaml:1:30: two blocks are named 'q', the first at prompts/x.yaml:1:10; give one another name"],
        id="doubles",
    ),
    pytest.param(
        {"prompts/x.yaml": "blocks: [{user: a}, {assistant: b}, {user: c}]\nvariants: {v: {drop: [user]}}\n"},
        ["list"],
        ["prompts/x.yaml:2:23: 2 blocks are called 'user' by default; give the one you mean a name"],
        id="ambiguous-name",
    ),
    pytest.param(
        {"prompts/x.yaml": OK, "schemas/a.json": '{"a": }'},
        ["list"],
        [
            "schemas/a.json:1:7: JSON: nothing stands before this }; remove the comma or colon ahead of it, or write what is missing"
        ],
        id="bad-json",
    ),
    pytest.param(
        {"prompts/x.yaml": OK, "examples/a.jsonl": '{"inputs": {}, "output": 1}\n{"inputs": }\n'},
        ["list"],
        [
            "examples/a.jsonl:2:12: JSON: nothing stands before this }; remove the comma or colon ahead of it, or write what is missing"
        ],
        id="bad-jsonl",
    ),
    pytest.param(
        {"prompts/x.yaml": 'inputs: {n: {type: integer, default: x}}\nblocks: [{user: "{{ n }}"}]\n'},
        ["list"],
        ["prompts/x.yaml:1:38: default: input 'n' must be integer, not str 'x'"],
        id="default-type",
    ),
    pytest.param(
        {"prompts/x.yaml": 'inputs: {n: {type: integer, sample: x}}\nblocks: [{user: "{{ n }}"}]\n'},
        ["list"],
        ["prompts/x.yaml:1:37: sample: input 'n' must be integer, not str 'x'"],
        id="sample-type",
    ),
    pytest.param(
        {"prompts/x.yaml": "blocks: [{user: a}]\nvariants: {v: {set: {z: 1}}}\n"},
        ["list"],
        ["prompts/x.yaml:2:22: sets the unknown input 'z'"],
        id="set-unknown",
    ),
    pytest.param(
        {"prompts/x.yaml": "blocks: [{user: a}]\nvariants: {v: {drop: [usr]}}\n"},
        ["list"],
        ["prompts/x.yaml:2:23: no block 'usr' to change; did you mean 'user'?"],
        id="drop-unknown",
    ),
    pytest.param(
        {"prompts/x.yaml": 'blocks: [{user: a, when: "a b"}]\n'},
        ["list"],
        ["prompts/x.yaml:1:27: template syntax: more text after the expression"],
        id="when-syntax",
    ),
    pytest.param(
        {"prompts/x.yaml": 'inputs: {a: {default: {}}}\nblocks: [{user: a, when: "a.b.c"}]\n'},
        ["render", "x"],
        ["prompts/x.yaml:2:27: the mapping has no 'b'"],
        id="when-undefined",
    ),
    pytest.param(
        {"prompts/x.yaml": "blocks: [{user: a}]\nbudget: {max_tokens: 5, shrink: [nope]}\n"},
        ["list"],
        ["prompts/x.yaml:2:9: no block 'nope' to shrink; known: user"],
        id="shrink-unknown",
    ),
    pytest.param(
        {"prompts/x.yaml": "blocks: [{user: a}]\nvariants: {v: {budget: {max_tokens: 5, shrink: [usr]}}}\n"},
        ["list"],
        ["prompts/x.yaml:2:24: no block 'usr' to shrink; did you mean 'user'?"],
        id="shrink-unknown-in-a-variant",
    ),
    pytest.param(
        {"prompts/x.yaml": "blocks: [{user: a}, {user: b}]\nbudget: {max_tokens: 5, shrink: [user]}\n"},
        ["list"],
        ["prompts/x.yaml:2:9: 2 blocks to shrink are called 'user' by default; give the one you mean a name"],
        id="shrink-ambiguous",
    ),
    pytest.param(
        {"prompts/x.yaml": "blocks: [{user: a}]\nbudget: {max_tokens: 5, shrink: [user, user]}\n"},
        ["list"],
        ["prompts/x.yaml:2:40: shrink names 'user' twice"],
        id="shrink-twice",
    ),
    pytest.param(
        {"prompts/x.yaml": "blocks: [{user: a}]\nbudget: {max_tokens: 5, models: {gtp-4o: 9}}\n"},
        ["list"],
        [
            "prompts/x.yaml:2:34: unknown model 'gtp-4o'; did you mean 'gpt-4o'? estimate:gtp-4o counts it as an "
            "estimate"
        ],
        id="budget-of-an-unknown-model",
    ),
    pytest.param(
        {"prompts/x.yaml": "blocks: [{user: a}]\nbudget: {max_tokens: 5, models: {gpt-4o: few}}\n"},
        ["list"],
        ["prompts/x.yaml:2:42: the limit of gpt-4o must be a whole number, 0 or more, not 'few'"],
        id="budget-of-a-model-no-number",
    ),
    pytest.param(
        {"prompts/x.yaml": "blocks: [{user: a}]\nbudget: {max_tokens: 5, step: 0}\n"},
        ["list"],
        ["prompts/x.yaml:2:31: step must be 1 or more; leave it out for a cut that moves freely"],
        id="budget-step-0",
    ),
    pytest.param(
        {"prompts/x.yaml": "blocks: [{user: a}]\nbudget: {max_tokens: 5, modles: {}}\n"},
        ["list"],
        ["prompts/x.yaml:2:25: unknown key of budget 'modles'; did you mean 'models'?"],
        id="budget-key",
    ),
    pytest.param(
        {"prompts/x.yaml": "blocks: [{user: c}]\nbudget: 500\n"},
        ["list"],
        ["prompts/x.yaml:2:9: budget must be a mapping; write {max_tokens: 500}"],
        id="budget-number",
    ),
    pytest.param(
        {"prompts/x.yaml": "blocks: [{user: c}]\nbudget: $2.50\n"},
        ["list"],
        [
            "prompts/x.yaml:2:9: budget must be a mapping, not '$2.50'; write the most tokens of a call, "
            "such as {max_tokens: 2000}"
        ],
        id="budget-in-dollars",
    ),
    pytest.param(
        {"prompts/x.yaml": 'blocks: [{user: c}]\nbudget: {max_tokens: "100"}\n'},
        ["list"],
        ["prompts/x.yaml:2:22: max_tokens must be a whole number, 0 or more, not '100'; write 100, without quotes"],
        id="budget-in-quotes",
    ),
    pytest.param(
        {"prompts/x.yaml": "blocks: [{user: c}]\nbudget: {max_tokens: 5, shrink: user}\n"},
        ["list"],
        ["prompts/x.yaml:2:33: shrink must be a list, not 'user'; write [user]"],
        id="budget-shrink-no-list",
    ),
    pytest.param(
        {"prompts/x.yaml": 'blocks: [{user: "{{ a }} {{ b }}"}]\n'},
        ["render", "x"],
        [
            "x: missing inputs 'a' (used at prompts/x.yaml:1:18, not declared), 'b' (used at prompts/x.yaml:1:18, "
            "not declared); give them with -i a=... -i b=..."
        ],
        id="two-missing-inputs",
    ),
    pytest.param(
        {"prompts/x.yaml": "blocks: [{text: a b}, {user: c}]\nbudget: {max_tokens: 5, shrink: [text]}\n"},
        ["render", "x", "--max-tokens", "3", "--model", "gpt-4o"],
        [
            "prompts/x.yaml:2:9: x: 14 tokens for gpt-4o, over max_tokens 3; at the least 8, after text gave way: "
            "raise max_tokens to 8, or name more blocks in budget.shrink"
        ],
        id="max-tokens-too-few",
    ),
    pytest.param(
        {"prompts/x.yaml": OK, "examples/a.jsonl": '1\n[2]\n{"inputs": {}, "output": 1, "x": 2}\n{"output": 1}\n'},
        ["list"],
        [
            "examples/a.jsonl:1:1: a record must be a mapping, not 1",
            "examples/a.jsonl:2:1: a record must be a mapping, not a list",
            "examples/a.jsonl:3:1: unknown key of a record 'x'; known: id, inputs, messages, output, reasoning",
            "examples/a.jsonl:4:1: a record needs inputs",
        ],
        id="jsonl-num",
    ),
    pytest.param(
        {"prompts/x.yaml": OK, "blocks/a.md": "---\nkid: a\nkind: rol\n---\na", "blocks/b.md": "---\na"},
        ["list"],
        [
            "blocks/a.md:2:1: unknown key of front matter 'kid'; did you mean 'kind'?; begin it with x-, or use .txt for literal text",
            "blocks/b.md:1:1: front matter is opened by --- and never closed; close it, or use .txt",
        ],
        id="front",
    ),
    pytest.param(
        {"prompts/x.yaml": 'blocks: [{use: "a\\0b"}]\n'},
        ["list"],
        ["prompts/x.yaml:1:16: unknown block 'a\\x00b'"],
        id="nul-name",
    ),
    pytest.param(
        {
            "prompts/x.yaml": "inputs: {s: {type: boolean}}\nblocks: [{user: '{{ s }}'}]\nvariants: {v: {set: {s: no}}}\n"
        },
        ["list"],
        ["prompts/x.yaml:3:22: set: input 's' must be boolean, not str 'no'"],
        id="set-wrong-type",
    ),
    pytest.param(
        {"prompts/x.yaml": "inputs: {s: {enum: [a, b]}}\nblocks: [{user: '{{ s }}'}]\nmatrix: {s: [a, c]}\n"},
        ["list"],
        ["prompts/x.yaml:3:17: set: input 's' must be one of a, b, not str 'c'"],
        id="matrix-wrong-value",
    ),
    pytest.param(
        {"prompts/x.yaml": "blocks: [{user: '{{ name }}', with: {nmae: a}}]\ninputs: {name: {sample: b}}\n"},
        ["list"],
        ["prompts/x.yaml:1:10: with: 'user' does not use 'nmae'; did you mean 'name'?"],
        id="stray-with",
    ),
    pytest.param(
        {"prompts/x.yaml": "params: {messages: []}\nblocks: [{user: Hi}]\n"},
        ["render", "x", "--to", "openai"],
        ["prompts/x.yaml:1:1: x: params has 'messages', which the prompt itself decides; remove it"],
        id="params-clash",
    ),
    pytest.param(
        {"prompts/x.yaml": "blocks: [{role: Hi}, {examples: [{inputs: {}, output: a}]}]\n"},
        ["list"],
        [
            "prompts/x.yaml:1:22: 'examples' repeats the prompt's last user message, and there is none; "
            "add a user block, or give the examples a text"
        ],
        id="examples-without-question",
    ),
    pytest.param(
        {"prompts/x.yaml": "blocks: []\n"},
        ["list"],
        ["prompts/x.yaml:1:1: blocks is empty; a prompt needs one at least"],
        id="no-blocks",
    ),
    pytest.param(
        {"prompts/x.yaml": "extends: y\ndrop: [a]\n", "prompts/y.yaml": "a: 1\na: 2\n"},
        ["list"],
        [
            "prompts/y.yaml:2:1: the key 'a' stands twice; the first is at line 1",
        ],
        id="extends-broken",
    ),
    pytest.param(
        {
            "prompts/x.yaml": "extends: y\nadd: [{text: '{% else %}', after: user}]\n",
            "prompts/y.yaml": "blocks: [{user: '{% if %}'}]\n",
            "prompts/z.yaml": "extends: y\n",
        },
        ["list"],
        [
            "prompts/x.yaml:2:15: template syntax: encountered unknown tag 'else'",
            "prompts/y.yaml:1:18: template syntax: expected an expression, got 'end of statement block'",
        ],
        id="extends-broken-template",
    ),
    pytest.param(
        {"prompts/x.yaml": "ownr: me\nblocks: [{user: '{% if %}'}]\n"},
        ["list"],
        [
            "prompts/x.yaml:1:1: unknown key of a prompt 'ownr'; did you mean 'owner'?",
            "prompts/x.yaml:2:18: template syntax: expected an expression, got 'end of statement block'",
        ],
        id="key-and-template-broken",
    ),
    pytest.param(
        {"prompts/x.yaml": TICKET},
        ["render", "x", "-i", "ticket=a", "-i", "ticket=b"],
        ["-i ticket stands twice; keep one"],
        id="input-twice",
    ),
    pytest.param(
        {"prompts/x.yaml": NUMBER.replace("integer", "number")},
        ["render", "x", "-i", "n=NaN"],
        ["prompts/x.yaml:1:10: input 'n' must be number, not float nan"],
        id="not-a-number",
    ),
    pytest.param(
        {"prompts/x.yaml": "inputs: {ticket: {type: string, sample: a}}\nblocks: [{user: 'A {{ tickt }}'}]\n"},
        ["render", "x", "--sample"],
        ["x: missing input 'tickt' (used at prompts/x.yaml:2:18, not declared; did you mean 'ticket'?)"],
        id="undeclared",
    ),
]
