"""The peers with their pins, and the environment of each: made once below .venv-bench/, kept until its pins change."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / ".venv-bench"
WAYS = Path(__file__).with_name("ways")
INSTALL_S = 900

PROMPTKIT = "promptkit"
REFERENCE = "jinja2"

# Peer -> what is installed for it: the newest that pip could resolve on 2026-11-24, as in README.md's table.
PINS: dict[str, tuple[str, ...]] = {
    PROMPTKIT: (str(ROOT),),  # built and installed as a wheel, from this very source
    REFERENCE: ("jinja2==3.1.6",),
    "minijinja": ("minijinja==3.1.0",),
    "banks": ("banks==2.5.1",),
    "langchain-core": ("langchain-core==1.7.2",),
    "haystack-ai": ("haystack-ai==3.4.0",),
    "llama-index-core": ("llama-index-core==0.14.25",),
    "mirascope": ("mirascope==2.8.2",),
    "prompty": ("prompty[jinja2]==2.1.0",),
}


@dataclass(frozen=True, slots=True)
class Environment:
    """A peer that can be run: its Python, its file of ways/, and the version that is installed."""

    peer: str
    python: Path
    way: Path
    version: str


class NotInstalledError(Exception):
    """A peer that could not be installed; says why in one line."""


def environment(peer: str) -> Environment:
    """The environment of a peer, made where it is not there as it should be. Raises NotInstalledError."""
    folder = FOLDER / peer
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    stamp, wanted = folder / "installed.json", [sys.version, *PINS[peer], source_digest() if peer == PROMPTKIT else ""]
    way = WAYS / f"{peer.replace('-', '_')}.py"
    if not stamp.is_file() or json.loads(stamp.read_text("utf-8"))["wanted"] != wanted:
        print(f"installing {peer} into {folder.relative_to(ROOT)}", file=sys.stderr, flush=True)
        run(sys.executable, "-m", "venv", "--clear", str(folder))
        run(str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *PINS[peer])
        version = run(str(python), "-c", f"import importlib.metadata as m; print(m.version({peer!r}))").strip()
        stamp.write_text(json.dumps({"wanted": wanted, "version": version}), "utf-8")
    return Environment(peer, python, way, json.loads(stamp.read_text("utf-8"))["version"])


def run(*command: str) -> str:
    """What a command prints. Raises NotInstalledError with its last line of complaint."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotInstalledError(str(error)) from error
    if done.returncode:
        raise NotInstalledError((done.stderr.strip().splitlines() or ["it ended without a word"])[-1])
    return done.stdout


def source_digest() -> str:
    """Hash of what the wheel is made of, so that a change of promptkit is a new installation."""
    digest = hashlib.sha256()
    for path in sorted([ROOT / "pyproject.toml", *(ROOT / "promptkit").rglob("*")]):
        if path.is_file() and path.suffix != ".pyc":
            digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
