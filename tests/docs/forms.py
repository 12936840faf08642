"""What can be said of a snippet that is not run: each function fails where the form is wrong."""

import json
import re
import tempfile
import tomllib
from collections.abc import Callable

import yaml

from icefloe.settings import load

_INSTRUCTIONS = {"FROM", "COPY", "RUN", "USER", "VOLUME", "ENV", "EXPOSE", "CMD"}
_DRAWINGS = {"flowchart", "sequenceDiagram", "stateDiagram-v2"}
_NGINX_LINE = re.compile(r"[a-z_]+( +[^;{}]+)?(;| \{)|\}")
# The call that makes each generation of the TypeScript client ask us.
_TYPESCRIPT = re.compile(
    r'new Polar\(\{ serverURL: "http://127\.0\.0\.1:8000", accessToken: "polar_oat_…" \}\)'
    r'|createPolar\(\{ baseUrl: "http://127\.0\.0\.1:8000", accessToken: "polar_oat_…" \}\)'
)


def check_json(text: str) -> None:
    """A JSON value."""
    json.loads(text)


def check_toml(text: str) -> None:
    """A file of settings that the program takes."""
    named = tomllib.loads(text)
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", suffix=".toml") as file:
        file.write(text)
        file.flush()
        loaded = load({}, {"ICEFLOE_CONFIG": file.name})
    assert named
    assert all(loaded.sources[name] == file.name for name in named)


def check_nginx(text: str) -> None:
    """Directives that end in a semicolon, and blocks that are closed."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    assert [line for line in lines if not _NGINX_LINE.fullmatch(line)] == []
    assert text.count("{") == text.count("}")


def check_dockerfile(text: str) -> None:
    """Instructions that there are, beginning with `FROM`."""
    instructions = [line.split()[0] for line in text.splitlines()]
    assert instructions[0] == "FROM"
    assert set(instructions) <= _INSTRUCTIONS


def check_py(text: str) -> None:
    """Python, for something that cannot be had where tests run."""
    compile(text, "snippet", "exec")


def check_js(text: str) -> None:
    """JavaScript, for something that cannot be had where tests run: what is opened is closed."""
    assert [text.count(one) for one in "([{"] == [text.count(one) for one in ")]}"]
    assert text.count('"') % 2 == text.count("`") % 2 == 0


def check_yaml(text: str) -> None:
    """One YAML document that is a mapping or a list."""
    assert isinstance(yaml.safe_load(text), dict | list)


def check_http(text: str) -> None:
    """Headers: a name in lower case and a value on each line."""
    lines = text.splitlines()
    assert [line for line in lines if not re.fullmatch(r"[a-z-]+: \S.*", line)] == []


def check_typescript(text: str) -> None:
    """The official client is made with the options that bring it here."""
    made = re.findall(r"^const polar = ([^;]+);", text, re.MULTILINE)
    assert made
    assert [call for call in made if not _TYPESCRIPT.fullmatch(call)] == []


def check_mermaid(text: str) -> None:
    """A drawing of a kind that Mermaid has, whose brackets are closed."""
    assert text.split(maxsplit=1)[0] in _DRAWINGS
    assert [text.count(one) for one in "([{"] == [text.count(one) for one in ")]}"]


def check_text(text: str) -> None:
    """What a program prints, or a picture made of letters."""
    assert text.strip()


CHECKS: dict[str, Callable[[str], None]] = {
    "dockerfile": check_dockerfile,
    "http": check_http,
    "js": check_js,
    "json": check_json,
    "mermaid": check_mermaid,
    "nginx": check_nginx,
    "py": check_py,
    "text": check_text,
    "toml": check_toml,
    "ts": check_typescript,
    "yaml": check_yaml,
}
