"""The examples, each as its README says it is run, on a machine that has what that installs."""

import os
import re
import shutil
import socket
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from docs import pages, scripts
from examples import environments

pytestmark = pytest.mark.processes

_SECONDS = 300
# The services, and the port that the README of each has it listen on.
_SERVICES = [
    ("fastapi-polar-0x", "8001"),
    ("fastapi-polar-1x", "8001"),
    ("node-better-auth", "3000"),
    ("node-webhooks", "3000"),
]
# A reader has a terminal for each server; here they stop when the requests have been answered.
_SCRIPT = """
set -eu
trap 'trap "" TERM; kill 0; wait' EXIT
await() {{
  for _ in $(seq 300); do
    if command curl --silent --output /dev/null "$1"; then return; fi
    sleep 0.1
  done
  return 1
}}
curl() {{
  command curl --silent --show-error --fail-with-body "$@"
}}
( {icefloe} ) &
await http://127.0.0.1:8000/readyz
(
{service}
) &
await http://127.0.0.1:{port}/
{requests}
"""
_LEFT_OUT = shutil.ignore_patterns("node_modules", ".venv", "__pycache__", "*.db")


@pytest.fixture(scope="session")
def parts() -> dict[str, dict[str, Path]]:
    """What each example has installed in its folder; what is missing is made, two at once."""
    with ThreadPoolExecutor(2) as threads:
        found = threads.map(environments.find_parts, environments.NAMES)
        return dict(zip(environments.NAMES, found, strict=True))


def _blocks(name: str, heading: str) -> list[str]:
    """The shell snippets below a heading of an example's README, in order."""
    section = pages.find_sections(f"examples/{name}/README.md")[heading]
    return re.findall(r"(?ms)^```sh\n(.*?)^```$", section)


def _find_free_port() -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return str(free.getsockname()[1])


def _run(script: str, name: str, parts: dict[str, Path], place: Path, **variables: str) -> str:
    """What a script says in a copy of an example's folder that has everything installed."""
    folder = shutil.copytree(environments.EXAMPLES / name, place / name, ignore=_LEFT_OUT)
    for part, made in parts.items():
        (folder / part).symlink_to(made)
    done = subprocess.run(
        ["/bin/sh", "-c", script],
        cwd=folder,
        env={**scripts.environment(place), **variables},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=_SECONDS,
        check=False,
        start_new_session=True,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.mark.parametrize("name", environments.NAMES)
def test_suite(name: str, parts: dict[str, dict[str, Path]], tmp_path: Path) -> None:
    """An example's own tests pass, by the last line of what its README says of them."""
    (block,) = _blocks(name, "Test it")
    _run(block.splitlines()[-1], name, parts[name], tmp_path)


@pytest.mark.parametrize(("name", "port"), _SERVICES)
def test_service(name: str, port: str, parts: dict[str, dict[str, Path]], tmp_path: Path) -> None:
    """A service runs beside Icefloe as its README says, and answers what is asked there.

    The snippets there install, start Icefloe, start the service, and ask it.
    """
    _, icefloe, service, requests = _blocks(name, "Run it")
    ports = {"8000": _find_free_port(), port: _find_free_port()}
    script = _SCRIPT.format(icefloe=icefloe, service=service, requests=requests, port=port)
    for usual, free in ports.items():
        script = script.replace(usual, free)
    variables = {"ICEFLOE_PORT": ports["8000"], "PORT": ports[port]}
    assert "ada@example.com" in _run(script, name, parts[name], tmp_path, **variables)


@pytest.mark.parametrize("name", environments.NAMES)
def test_pins(name: str) -> None:
    """What an example installs is named with its exact version, and never with an address."""
    for file in (environments.EXAMPLES / name).glob("requirements*.txt"):
        lines = [line for line in file.read_text("utf-8").splitlines() if line]
        pins = [line for line in lines if not line.startswith(("#", "--"))]
        assert [pin for pin in pins if not re.fullmatch(r"[\w.-]+==[\w.]+", pin)] == []
    for file in (environments.EXAMPLES / name).glob("package*.json"):
        assert not re.search(r'"resolved"|registry', file.read_text("utf-8"))


def test_programs_can_be_run() -> None:
    """The scripts in the examples are programs."""
    found = sorted(environments.EXAMPLES.glob("*/*.sh"))
    assert found
    assert [script for script in found if not os.access(script, os.X_OK)] == []


def test_generations_are_alike() -> None:
    """The two services have the same modules, and those that do not speak to Polar are the same."""
    one, other = (
        {
            str(file.relative_to(folder)): file.read_text("utf-8")
            for part in ("app", "tests")
            for file in (folder / part).glob("*.py")
        }
        for folder in map(environments.EXAMPLES.joinpath, ("fastapi-polar-0x", "fastapi-polar-1x"))
    )
    different = {name for name in one | other if one.get(name) != other.get(name)}
    assert one.keys() == other.keys()
    assert {name for name in different if name.startswith("app/")} == {
        "app/billing.py",
        "app/main.py",
        "app/webhooks.py",
    }
