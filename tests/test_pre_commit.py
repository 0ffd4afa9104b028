"""The hooks of .pre-commit-hooks.yaml, run by pre-commit itself in a git repository, from a clone of this one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SETTINGS = """
repos:
  - repo: {repo}
    rev: {rev}
    hooks:
      - id: promptkit-lint
      - id: promptkit-lint-files
"""
FILES = {
    "templates/promptkit.yaml": "",
    "templates/prompts/reply.yaml": "blocks:\n  - use: role/agent\n  - user: '{{ mail }}'\n",
    "templates/blocks/role/agent.md": "You answer mails about invoices.\n",
    "loose/greeting.j2": "Dear {{ name }},\n",
}


def git(*words: str, cwd: Path) -> str:
    settings = ("-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "core.hooksPath=/dev/null")
    return subprocess.run(
        ["git", *settings, *words], cwd=cwd, check=True, capture_output=True, text=True
    ).stdout.strip()


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A repository of what is in this folder now, and its commit."""
    copy = tmp_path_factory.mktemp("promptkit")
    for name in git("ls-files", "-co", "--exclude-standard", cwd=ROOT).splitlines():
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, copy / name)
    git("init", "-q", cwd=copy)
    git("add", "-A", cwd=copy)
    git("commit", "-qm", "as it is", cwd=copy)
    return copy, git("rev-parse", "HEAD", cwd=copy)


def test_the_hooks_find_what_lint_finds(source: tuple[Path, str], tmp_path: Path) -> None:
    repo, rev = source
    work = tmp_path / "work"
    for path, text in {**FILES, ".pre-commit-config.yaml": SETTINGS.format(repo=repo, rev=rev)}.items():
        (work / path).parent.mkdir(parents=True, exist_ok=True)
        (work / path).write_text(text)
    git("init", "-q", cwd=work)
    git("add", "-A", cwd=work)

    def hooks() -> subprocess.CompletedProcess[str]:
        clean = {key: value for key, value in os.environ.items() if not key.startswith(("GIT_", "PYTHON"))}
        return subprocess.run(
            [sys.executable, "-m", "pre_commit", "run", "--all-files"],
            cwd=work,
            env={**clean, "PRE_COMMIT_HOME": str(tmp_path / "home")},
            capture_output=True,
            text=True,
            check=False,
        )

    fine = hooks()
    assert (fine.returncode, fine.stdout.count("Passed")) == (0, 2), fine.stdout + fine.stderr
    (work / "templates/blocks/role/agent.md").write_text("You answer mails about [INSERT PRODUCT].\n")
    (work / "loose/greeting.j2").write_text("Dear {{ name },\n")
    found = hooks()
    assert (found.returncode, found.stdout.count("Failed")) == (1, 2), found.stdout + found.stderr
    assert "templates/blocks/role/agent.md:1:24: S217" in found.stdout
    assert "loose/greeting.j2:1:6: T101" in found.stdout
