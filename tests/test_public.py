"""What `import promptkit` offers, and what it costs."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import promptkit

TEMPLATES = Path(__file__).parents[1] / "templates"


def loaded(program: str) -> set[str]:
    """The third-party libraries that a program has loaded at its end."""
    ends = "import sys; print(*{name.partition('.')[0] for name in sys.modules})"
    run = subprocess.run(
        [sys.executable, "-c", f"{program}\n{ends}"], capture_output=True, text=True, check=True, timeout=60
    )
    return set(run.stdout.split()) & {"click", "jinja2", "jsonschema", "markupsafe", "tiktoken", "yaml"}


def test_every_public_name_is_there() -> None:
    assert sorted(promptkit.__all__) == promptkit.__all__
    assert [name for name in promptkit.__all__ if getattr(promptkit, name, None) is None] == []


def test_importing_promptkit_loads_no_library() -> None:
    assert loaded("import promptkit") == set()


def test_rendering_bare_inputs_needs_no_template_engine_and_no_tokenizer() -> None:
    program = (
        "from promptkit import Prompt, blocks\n"
        "Prompt('x', [blocks.role('You help.'), blocks.user('{{ q }}')]).render(q='Hi')"
    )
    assert not loaded(program) & {"jinja2", "tiktoken", "jsonschema", "click"}


def test_values_print_as_one_short_line() -> None:
    library = promptkit.load(TEMPLATES)
    prompt = library["support/triage"]
    rendered = prompt.render(ticket="x")
    counted = rendered.count("gpt-4o")
    assert list(map(repr, (library, prompt, prompt["base"], rendered, counted))) == [
        f"Library({str(TEMPLATES)!r}, prompts={len(list(library))})",
        "Prompt('support/triage')",
        f"Variant('support/triage', 'base', blocks={len(prompt['base'].blocks)})",
        f"Rendered('support/triage', variant='base', messages={len(rendered.messages)})",
        f"Measurement(tokens={counted.tokens}, tokenizer='gpt-4o', basis='exact')",
    ]


def test_a_library_is_a_read_only_mapping() -> None:
    library = promptkit.load(TEMPLATES)
    assert isinstance(library, Mapping)
    assert list(library.keys()) == list(library) == sorted(library)
    assert dict(library.items()) == dict(library) == dict(zip(library, library.values(), strict=True))
    assert library.get("nothing") is None
    assert library.get("support/triage") is library["support/triage"]
    assert library != promptkit.load(TEMPLATES)
    assert not hasattr(library, "pop")
