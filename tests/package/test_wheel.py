"""What the wheel contains: all that the program needs, and nothing else."""

import subprocess
import sys
import zipfile
from collections.abc import Iterator
from email import message_from_string
from pathlib import Path

import pytest

pytestmark = pytest.mark.processes

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "icefloe"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[zipfile.ZipFile]:
    """The wheel, built from the source as it is."""
    folder = tmp_path_factory.mktemp("wheel")
    done = subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--no-deps", "--quiet", "--wheel-dir", str(folder),
         str(ROOT)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (built,) = folder.glob("*.whl")
    with zipfile.ZipFile(built) as opened:
        yield opened


def test_everything_of_the_package(wheel: zipfile.ZipFile) -> None:
    """Every file of the package is in it: code, statements, collation data, pages."""
    expected = {
        f"icefloe/{file.relative_to(SOURCE).as_posix()}"
        for file in SOURCE.rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }

    assert {name for name in wheel.namelist() if name.startswith("icefloe/")} == expected


@pytest.mark.parametrize(
    "name",
    [
        "icefloe/py.typed",
        "icefloe/api/description/page.css",
        "icefloe/api/description/page.html",
        "icefloe/domain/values/collation.txt",
        "icefloe/dashboard/templates/base.html",
        "icefloe/dashboard/static/dashboard.css",
        "icefloe/dashboard/static/htmx.min.js",
        "icefloe/dashboard/static/htmx.LICENSE.txt",
        "icefloe/sample/names.toml",
        "icefloe/sample/places.toml",
        "icefloe/storage/sqlite/schema.sql",
        "icefloe/storage/sqlite/migrations/0001_first.sql",
    ],
)
def test_what_is_no_code(wheel: zipfile.ZipFile, name: str) -> None:
    """What is no code but needed is in it."""
    assert name in wheel.namelist()


def test_nothing_else(wheel: zipfile.ZipFile) -> None:
    """There are no tests, no benchmarks and no notes in it: only the package and its papers."""
    tops = {name.partition("/")[0] for name in wheel.namelist()}

    assert len(tops) == 2
    assert {top.partition("-")[0] for top in tops} == {"icefloe"}
    assert not [name for name in wheel.namelist() if "/test" in name and "/testing/" not in name]
    assert not [name for name in wheel.namelist() if "__pycache__" in name]


def test_papers(wheel: zipfile.ZipFile) -> None:
    """It says its licence, which Python it needs, and the command and the plugin it installs."""
    (folder,) = {name.partition("/")[0] for name in wheel.namelist() if ".dist-info/" in name}
    paper = message_from_string(wheel.read(f"{folder}/METADATA").decode())

    assert paper["Name"] == "icefloe"
    assert paper["License-Expression"] == "MIT"
    assert paper["Requires-Python"] == ">=3.11"
    assert f"{folder}/licenses/LICENSE" in wheel.namelist()
    entry_points = wheel.read(f"{folder}/entry_points.txt").decode()
    assert "icefloe = icefloe.__main__:main" in entry_points
    assert "[pytest11]\nicefloe = icefloe.pytest_plugin" in entry_points
