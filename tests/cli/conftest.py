"""The command line run within the test's process, which is quicker, on a database of its own."""

import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from icefloe.cli.app import run
from support import Command, Told


@pytest.fixture
def icefloe(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    """Runs a command in an empty folder, where nothing is set but the database."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("ICEFLOE_DATABASE", str(tmp_path / "icefloe.db"))

    def command(*words: str | Path) -> Told:
        capsys.readouterr()
        status = run([str(word) for word in words])
        told = capsys.readouterr()
        return Told(status, told.out, told.err)

    return command


@pytest.fixture
def make_organization(icefloe: Command) -> Callable[..., str]:
    """Makes an organization; gives its id."""

    def make(name: str = "Tests", *flags: str) -> str:
        made: dict[str, str] = icefloe("organizations", "create", name, "--json", *flags).json
        return made["id"]

    return make


@pytest.fixture
def organization(make_organization: Callable[..., str]) -> str:
    """The id of an organization without customers."""
    return make_organization()


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which the server makes temporary ones."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return folder
