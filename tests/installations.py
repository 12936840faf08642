"""Folders of other people's packages: made where missing, and anew when what they come from changes."""

import contextlib
import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

FOLDER = Path(__file__).parents[1] / ".venv"
PYTHON = Path("Scripts", "python.exe") if os.name == "nt" else Path("bin", "python")
# In it a folder says what it was made from; it is written last.
_STAMP = Path("made-from.txt")


def make(
    place: Path, made_from: str, install: Callable[[Path], None], *, proof: Path = _STAMP
) -> Path:
    """The folder at a place; takes seconds where it is missing or out of date.

    Args:
        place: where it is, below `.venv`.
        made_from: the pins and all else that it comes from, as a text.
        install: makes the folder; what it raises is passed on, and then there is none.
        proof: a file without which the folder is of no use.
    """
    if _is_current(place, made_from, proof):
        return place
    place.parent.mkdir(parents=True, exist_ok=True)
    with _only_one(place):
        if not _is_current(place, made_from, proof):
            # Made aside and moved into place, whole or not at all: we may be killed.
            with tempfile.TemporaryDirectory(dir=place.parent, prefix=f"{place.name}.") as aside:
                made = Path(aside, "made")
                install(made)
                (made / _STAMP).write_text(made_from, "utf-8")
                shutil.rmtree(place, ignore_errors=True)
                made.rename(place)
    return place


@contextlib.contextmanager
def _only_one(place: Path) -> Iterator[None]:
    """Have other processes that make the same folder wait until it is made."""
    with place.with_name(f"{place.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # until the file is closed, however we end
        yield


def make_environment(place: Path, made_from: str, *wanted: str, within: Path) -> Path:
    """The Python of a virtual environment in which pip has installed what is wanted.

    Args:
        place: where it is.
        made_from: the pins and all else that it comes from, as a text.
        wanted: the words for `pip install`.
        within: the folder in which pip runs.

    Raises:
        CalledProcessError: when the packages cannot be had; pip's own words go to stderr.
    """

    def install(environment: Path) -> None:
        # Few of a client's thousands of modules are imported: none is compiled before it is. The
        # environment needs no pip of its own: this one installs into it.
        venv = [sys.executable, "-m", "venv", "--without-pip", str(environment)]
        subprocess.run(venv, check=True)
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
        into = ["--python", str(environment), "install", "--quiet", "--no-compile"]
        subprocess.run([*pip, *into, *wanted], cwd=within, check=True)

    version = f"# Python {sys.version_info.major}.{sys.version_info.minor}\n"
    return make(place, version + made_from, install, proof=PYTHON) / PYTHON


def run_npm(*words: str, within: Path) -> None:
    """Run npm to install something in a folder, quietly and without the packages' own scripts.

    Raises:
        CalledProcessError: when the packages cannot be had; npm's own words go to stderr.
        FileNotFoundError: there is no Node here.
    """
    quiet = ["--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error"]
    subprocess.run(
        [find_program("npm"), *words, "--ignore-scripts", *quiet],
        cwd=within,
        check=True,
        stdout=subprocess.DEVNULL,
    )


def find_program(name: str) -> str:
    """The path of `node` or `npm`. Raises FileNotFoundError."""
    found = shutil.which(name)
    if found is None:
        raise FileNotFoundError(
            f"{name} is not here: the tests of the clients for JavaScript need Node 20 or later"
        )
    return found


def _is_current(place: Path, made_from: str, proof: Path) -> bool:
    stamp = place / _STAMP
    return (place / proof).exists() and stamp.exists() and stamp.read_text("utf-8") == made_from
