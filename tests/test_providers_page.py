"""docs/providers.md says what the code does: its table is made from the bodies themselves."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from provider_cases import AUDIO, PDF, SCHEMA, TOKENIZER, USER, WEATHER, bare, image, rich, with_media

from promptkit.errors import ProviderError
from promptkit.providers import PROVIDERS
from promptkit.providers.bedrock import TOP as BEDROCK
from promptkit.providers.gemini import TOP as GEMINI
from promptkit.providers.ollama import TOP as OLLAMA

if TYPE_CHECKING:
    from promptkit.messages import Media
    from promptkit.model import Rendered

PAGE = Path(__file__).parent.parent / "docs" / "providers.md"
HEAD = ("provider", "API", "documented", "structured output", "tools", "images", "audio", "files", "options")
TABLE = re.compile(r"(<!-- table: [^\n]*-->\n).*?(<!-- /table -->)", re.DOTALL)


def body_of(rendered: Rendered, provider: str, template: Path) -> dict[str, Any] | None:
    try:
        return rendered.to(provider, **({"chat_template": template} if provider == "huggingface" else {}))
    except ProviderError:
        return None


def path_of(value: Any, wanted: Any) -> str | None:
    """Where `wanted` stands in a body, as data or as JSON text."""
    if value == wanted or (isinstance(value, str) and value.startswith("{") and json.loads(value) == wanted):
        return ""
    for key, each in value.items() if isinstance(value, dict) else ():
        found = path_of(each, wanted)
        if found is not None:
            return f"{key}.{found}".rstrip(".")
    return None


def structured(provider: str, template: Path) -> str:
    rendered = replace(bare(USER), variant=rich(provider).variant, schema=SCHEMA)
    body = body_of(rendered, provider, template) or {}
    path = path_of({key: each for key, each in body.items() if key not in ("messages", "prompt")}, SCHEMA)
    return "in the text only" if path is None else f"`{path}`"


def tools(provider: str, template: Path) -> str:
    body = body_of(replace(bare(USER), tools=(WEATHER,)), provider, template)
    if body is None:
        return "refused"
    names = [
        key for key in ("tools", "toolConfig", "prompt") if '"weather"' in json.dumps(body.get(key)).replace("\\", "")
    ]
    return f"`{names[0]}`" if names and names[0] != "prompt" else "in the text" if names else "not yet"


def media(provider: str, template: Path, given: Media, url: str) -> str:
    by_url = replace(given, data=None, url=url)
    ways = [("data", given), ("URL", by_url)]
    taken = [name for name, each in ways if body_of(with_media("Look: ", each), provider, template) is not None]
    return ", ".join(taken) or "refused"


def table(template: Path) -> str:
    rows = [HEAD, tuple("---" for _ in HEAD)]
    for name, provider in PROVIDERS.items():
        source = "" if provider.source is None else f"[{provider.checked}]({provider.source})"
        shown = [
            structured(name, template),
            tools(name, template),
            media(name, template, image(), "https://example.com/a.png"),
            media(name, template, AUDIO, "https://example.com/a.wav"),
            media(name, template, PDF, "https://example.com/a.pdf"),
        ]
        options = ", ".join(f"`{option}`" for option in provider.options)
        rows.append((name, provider.api, source, *shown, options))
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


@pytest.fixture
def template(tmp_path: Path) -> Path:
    path = tmp_path / "tokenizer_config.json"
    path.write_text(json.dumps(TOKENIZER))
    return path


def test_the_table_is_what_the_bodies_show(template: Path, request: pytest.FixtureRequest) -> None:
    page = PAGE.read_text("utf-8")
    wanted = TABLE.sub(lambda match: f"{match[1]}{table(template)}{match[2]}", page)
    if request.config.getoption("--golden"):
        PAGE.write_text(wanted, "utf-8")
    else:
        assert page == wanted, "the table of docs/providers.md differs from the code; `make golden` rewrites it"


def test_the_page_lists_where_params_go() -> None:
    page = PAGE.read_text("utf-8")
    for name, inside, top in (
        ("gemini", "generationConfig", GEMINI),
        ("bedrock", "inferenceConfig", BEDROCK),
        ("ollama", "options", OLLAMA),
    ):
        names = ", ".join(f"`{each}`" for each in sorted(top))
        assert f"| {name} | `{inside}` | {names} |" in page


def test_the_pages_python_runs() -> None:
    [block] = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    scope: dict[str, Any] = {"rendered": rich("anthropic")}
    exec(block, scope)
    assert scope["body"]["system"][0]["cache_control"] == {"type": "ephemeral"}


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_functions_source_and_date_are_those_of_the_table(name: str) -> None:
    provider = PROVIDERS[name]
    if provider.source is not None:
        said = " ".join((provider.load().__doc__ or "").split())
        assert provider.source in said
        assert f"(checked {provider.checked})" in said
