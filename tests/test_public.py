"""What `import promptkit` offers, and what it costs."""

from __future__ import annotations

import subprocess
import sys

import promptkit


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
