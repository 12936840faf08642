"""A folder for each official client of Node: made where missing, made anew when its pins change."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import installations

PROGRAMS = Path(__file__).with_name("node")
FOLDER = installations.FOLDER / "clients"
# Oldest first; each is the name of a folder with a package.json, and of what is made from it.
NAMES = tuple(sorted(package.parent.name for package in PROGRAMS.glob("*/package.json")))


def make_all() -> dict[str, Path]:
    """The folder of each client, by the client's name."""
    return {name: make(name) for name in NAMES}


def make(name: str) -> Path:
    """The folder that holds the client; takes seconds where that is missing or out of date.

    Raises:
        CalledProcessError: when the packages cannot be had; npm's own words go to stderr.
        FileNotFoundError: there is no Node here.
    """
    package = (PROGRAMS / name / "package.json").read_text("utf-8")

    def install(environment: Path) -> None:
        environment.mkdir()
        # npm writes into the file it is given.
        (environment / "package.json").write_text(package, "utf-8")
        installations.run_npm("install", "--no-package-lock", within=environment)

    return installations.make(FOLDER / f"node-{name}", package, install)


def run(name: str, program: str, **variables: str) -> Any:
    """The document that a program prints, run to its end beside a client.

    Args:
        name: the client's.
        program: a file beside the clients' folders.
        variables: of its environment.
    """
    # Read from stdin, a program finds its modules in the folder that it is run in.
    done = subprocess.run(
        [installations.find_program("node"), "--input-type=module"],
        cwd=make(name),
        input=(PROGRAMS / program).read_text("utf-8"),
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
        env={**_environment(), **variables},
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def _environment() -> dict[str, str]:
    """The user's environment without what would change a client's mind about where to go."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("POLAR_", "NODE_OPTIONS", "NODE_PATH"))
        and not name.lower().endswith("_proxy")
    }
