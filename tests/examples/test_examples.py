"""The examples, each as its README says it is run, on a machine that has what that installs."""

import os
import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from docs import pages, scripts
from examples import environments

_SECONDS = 300
_LEFT_OUT = shutil.ignore_patterns("node_modules", ".venv", "__pycache__", "*.db")


@pytest.fixture(scope="session")
def parts() -> dict[str, dict[str, Path]]:
    """What each example has installed in its folder; what is missing is made, two at once."""
    with ThreadPoolExecutor(2) as threads:
        found = threads.map(environments.find_parts, environments.NAMES)
        return dict(zip(environments.NAMES, found, strict=True))


def _steps(name: str) -> list[str]:
    """The lines by which an example's README has it tested: the last runs the tests."""
    section = pages.find_sections(f"examples/{name}/README.md")["Test it"]
    block = re.search(r"(?ms)^```sh\n(.*?)^```$", section)
    assert block is not None
    return block[1].splitlines()


@pytest.mark.parametrize("name", environments.NAMES)
def test_suite(name: str, parts: dict[str, dict[str, Path]], tmp_path: Path) -> None:
    """An example's own tests pass, in a copy of its folder."""
    folder = shutil.copytree(environments.EXAMPLES / name, tmp_path / name, ignore=_LEFT_OUT)
    for part, made in parts[name].items():
        (folder / part).symlink_to(made)
    done = subprocess.run(
        ["/bin/sh", "-c", _steps(name)[-1]],
        cwd=folder,
        env=scripts.environment(tmp_path),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout


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
    """The two services differ in what speaks to Polar, and in nothing else."""
    one, other = (environments.EXAMPLES / f"fastapi-polar-{it}" for it in ("0x", "1x"))
    names = {
        file.relative_to(folder)
        for folder in (one, other)
        for file in folder.rglob("*.py")
        if ".venv" not in file.parts
    }
    for name in names - {Path("app/billing.py"), Path("app/main.py")}:
        if name.parts[0] == "app":
            assert (one / name).read_text("utf-8") == (other / name).read_text("utf-8"), name
