"""A virtual environment for each official client: made where missing, made anew when its pins change.

`python tests/wire/environments.py` makes them all; the tests do the same before they begin.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

PINS = Path(__file__).with_name("clients")
FOLDER = Path(__file__).parents[2] / ".venv" / "clients"
# Oldest first; each is the name of a file of pins, and of the environment that is made from it.
NAMES = tuple(sorted(pins.stem for pins in PINS.glob("*.txt")))
_PYTHON = Path("Scripts", "python.exe") if os.name == "nt" else Path("bin", "python")
_AT_ONCE = 2


def make_all() -> dict[str, Path]:
    """The Python of each client's environment, by the client's name."""
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        return dict(zip(NAMES, threads.map(make, NAMES), strict=True))


def make(name: str) -> Path:
    """The Python of the environment; takes seconds where that is missing or out of date.

    Raises:
        CalledProcessError: when the packages cannot be had; pip's own words go to stderr.
    """
    environment = FOLDER / name
    if not _is_current(name):
        FOLDER.mkdir(parents=True, exist_ok=True)
        # Made aside and moved into place, whole or not at all: another run may be at the same.
        with tempfile.TemporaryDirectory(dir=FOLDER, prefix=f"{name}.") as aside:
            made = Path(aside, "environment")
            _install(name, made)
            if not _is_current(name):
                shutil.rmtree(environment, ignore_errors=True)
                made.rename(environment)
    return environment / _PYTHON


def _install(name: str, environment: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True)
    pip = [str(environment / _PYTHON), "-m", "pip", "--disable-pip-version-check"]
    wanted = str(PINS / f"{name}.txt")
    subprocess.run([*pip, "install", "--quiet", "--requirement", wanted], check=True)
    _stamp(environment).write_text(_wanted(name), "utf-8")


def _is_current(name: str) -> bool:
    environment = FOLDER / name
    stamp = _stamp(environment)
    return (
        (environment / _PYTHON).exists()
        and stamp.exists()
        and stamp.read_text("utf-8") == _wanted(name)
    )


def _stamp(environment: Path) -> Path:
    """The file in which an environment says what it was made from, written last."""
    return environment / "made-from.txt"


def _wanted(name: str) -> str:
    pins = (PINS / f"{name}.txt").read_text("utf-8")
    return f"# Python {sys.version_info.major}.{sys.version_info.minor}\n{pins}"


if __name__ == "__main__":
    make_all()
