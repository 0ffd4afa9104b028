"""What lint says of where a block lies, beyond the page of its rule."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from lint_cases import Case, write

from promptkit.lint import lint_library

if TYPE_CHECKING:
    from pathlib import Path


def told(folder: Path, *names: str) -> list[str]:
    """What is said of blocks of these names, which a prompt uses one after the other."""
    blocks = {f"blocks/{name}.md": f"Text {number}.\n" for number, name in enumerate(names)}
    uses = "".join(f"  - use: {name}\n" for name in names)
    files = {**blocks, "prompts/p.yaml": f'blocks:\n{uses}  - assistant: "{{{{ x }}}}"\n    name: last\n'}
    report = lint_library(write(Case("", "", files), folder), ["D610"])
    assert report.failures == ()
    return [f"{each.place.path} {each.message}" for each in report.findings]


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("roles", "role"),
        ("Role", "role"),
        ("instruction", "instructions"),
        ("chain-of-thought", "chain_of_thought"),
        ("ChainOfThought", "chain_of_thought"),
        ("contexts", "context"),
        ("Examples", "examples"),
        ("support/formats", "format"),
    ],
)
def test_a_folder_that_is_almost_a_kind_is_named_with_it(folder: str, kind: str, tmp_path: Path) -> None:
    name = folder.rpartition("/")[2]
    assert told(tmp_path, f"{folder}/one") == [
        f"blocks/{folder}/one.md '{name}' is no kind, so that this block is plain text; name the folder '{kind}', or "
        "say `kind:`"
    ]


def test_a_folder_is_told_once(tmp_path: Path) -> None:
    assert told(tmp_path, "roles/one", "roles/three", "roles/two") == [
        "blocks/roles/one.md 'roles' is no kind, so that this block and 2 more are plain text; name the folder 'role', "
        "or say `kind:`"
    ]


@pytest.mark.parametrize("name", ["user", "Assistant"])
def test_a_file_named_after_a_turn_is_told(name: str, tmp_path: Path) -> None:
    kind = name.lower()
    assert told(tmp_path, name) == [
        f"blocks/{name}.md plain text, which the system message gets; move it to blocks/{kind}/, or say `kind: {kind}`"
    ]
