"""A folder of packages for each official client of Node: made where missing, anew when its pins change.

`python tests/wire/node_environments.py` makes them all; the tests do the same before they begin.
"""

import shutil
import subprocess
import tempfile
from pathlib import Path

PROGRAMS = Path(__file__).with_name("node")
FOLDER = Path(__file__).parents[2] / ".venv" / "clients"
# Oldest first; each is the name of a folder with a package.json, and of what is made from it.
NAMES = tuple(sorted(package.parent.name for package in PROGRAMS.glob("*/package.json")))
_PACKAGE = "package.json"


def make_all() -> dict[str, Path]:
    """The folder of each client, by the client's name."""
    return {name: make(name) for name in NAMES}


def make(name: str) -> Path:
    """The folder that holds the client; takes seconds where that is missing or out of date.

    Raises:
        CalledProcessError: when the packages cannot be had; npm's own words go to stderr.
        FileNotFoundError: there is no Node here.
    """
    environment = FOLDER / f"node-{name}"
    if not _is_current(name, environment):
        FOLDER.mkdir(parents=True, exist_ok=True)
        # Made aside and moved into place, whole or not at all: another run may be at the same.
        with tempfile.TemporaryDirectory(dir=FOLDER, prefix=f"node-{name}.") as aside:
            made = Path(aside, "environment")
            _install(name, made)
            if not _is_current(name, environment):
                shutil.rmtree(environment, ignore_errors=True)
                made.rename(environment)
    return environment


def find_program(name: str) -> str:
    """The path of `node` or `npm`. Raises FileNotFoundError."""
    found = shutil.which(name)
    if found is None:
        raise FileNotFoundError(
            f"{name} is not here: the tests of the clients for JavaScript need Node 20 or later"
        )
    return found


def _install(name: str, environment: Path) -> None:
    environment.mkdir()
    package = (PROGRAMS / name / _PACKAGE).read_text("utf-8")
    # npm writes into the file it is given, so that what it was made from is kept beside, last.
    (environment / _PACKAGE).write_text(package, "utf-8")
    subprocess.run(
        [
            find_program("npm"),
            "install",
            "--no-package-lock",
            "--no-audit",
            "--no-fund",
            "--no-update-notifier",
            "--ignore-scripts",
            "--loglevel=error",
        ],
        cwd=environment,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    _stamp(environment).write_text(package, "utf-8")


def _is_current(name: str, environment: Path) -> bool:
    stamp = _stamp(environment)
    wanted = (PROGRAMS / name / _PACKAGE).read_text("utf-8")
    return stamp.exists() and stamp.read_text("utf-8") == wanted


def _stamp(environment: Path) -> Path:
    """The file in which an environment says what it was made from, written last."""
    return environment / "made-from.json"


if __name__ == "__main__":
    make_all()
