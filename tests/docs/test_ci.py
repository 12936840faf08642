"""`docs/ci.md`: what its recipes set is a setting, and what they run runs."""

import os
import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

import plain_http
from docs import pages, scripts
from icefloe.settings import Settings, load

PAGE = "docs/ci.md"
_YAML = [yaml.safe_load(one.text) for one in pages.find_snippets(PAGE) if one.language == "yaml"]


def _walk(value: Any) -> Iterator[dict[str, Any]]:
    """Every mapping within a value."""
    if isinstance(value, dict):
        yield value
    for one in (
        value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    ):
        yield from _walk(one)


_SET = [
    found
    for document in _YAML
    for mapping in _walk(document)
    if (
        found := {
            name: value for name, value in mapping.items() if str(name).startswith("ICEFLOE_")
        }
    )
]


@pytest.mark.parametrize("variables", _SET, ids="-".join)
def test_variables(variables: dict[str, Any]) -> None:
    """Variables of ours are settings, and have values that these take."""
    assert {name.removeprefix("ICEFLOE_").lower() for name in variables} <= set(
        Settings.model_fields
    )
    loaded = load({}, variables)
    assert all(loaded.sources[name.removeprefix("ICEFLOE_").lower()] == name for name in variables)


def test_every_name() -> None:
    """No other variable of ours is named than settings, and what the readers name themselves."""
    named = set(re.findall(r"\bICEFLOE_([A-Z_]+)", pages.read(PAGE)))
    assert named - {"IMAGE"} <= {name.upper() for name in Settings.model_fields}


@pytest.mark.processes
def test_steps(tmp_path: Path) -> None:
    """The steps that start a server and make an organization give the job a token that is good."""
    job = next(document["jobs"]["test"] for document in _YAML if "jobs" in document)
    steps = [step["run"] for step in job["steps"] if "127.0.0.1:8000" in step.get("run", "")]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    given = tmp_path / "environment"
    environment = {
        **scripts.environment(tmp_path),
        **job["env"],
        "ICEFLOE_PORT": str(port),
        "GITHUB_ENV": str(given),
    }
    url = f"http://127.0.0.1:{port}"
    script = "\n".join([*steps, "echo server=$!", "wait"]).replace("http://127.0.0.1:8000", url)
    with subprocess.Popen(
        ["/bin/bash", "-e", "-c", script],
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    ) as shell:
        assert shell.stdout is not None
        found = (re.search(r"server=(\d+)", line) for line in shell.stdout)
        shown = next(filter(None, found), None)
        assert shown is not None, (tmp_path / "icefloe.log").read_text("utf-8")
        try:
            name, _, token = given.read_text("utf-8").strip().partition("=")
            answer = plain_http.get(
                f"{url}/v1/customers/", headers={"Authorization": f"Bearer {token}"}
            )
        finally:
            os.kill(int(shown[1]), signal.SIGTERM)

    assert name == "POLAR_ACCESS_TOKEN"
    assert answer.json()["pagination"]["total_count"] == 0
