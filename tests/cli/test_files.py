"""Files that commands write: whole or not at all, for their user alone, and pipes as ever."""

import os
import stat
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from icefloe import files
from support import CLI, Command

pytestmark = pytest.mark.processes


@pytest.fixture
def filled(icefloe: Command, organization: str, tmp_path: Path) -> str:
    """The id of an organization with two customers."""
    source = tmp_path / "customers.ndjson"
    source.write_text('{"email": "a@example.com"}\n{"email": "b@example.com"}\n', "utf-8")
    assert icefloe("customers", "import", source, "--organization", organization).status == 0
    return organization


def mode_of(file: Path) -> int:
    """Who may read and write a file."""
    return stat.S_IMODE(file.stat().st_mode)


class TestExport:
    """`icefloe customers export`."""

    def test_private(self, icefloe: Command, filled: str, tmp_path: Path) -> None:
        """An export is for its user alone, whatever was there before."""
        file = tmp_path / "out.ndjson"
        file.write_text("old", "utf-8")
        file.chmod(0o644)

        assert icefloe("customers", "export", file, "--organization", filled).status == 0

        assert len(file.read_text("utf-8").splitlines()) == 2
        assert mode_of(file) == 0o600

    def test_failed(self, icefloe: Command, tmp_path: Path) -> None:
        """An export that fails leaves what was there, and nothing beside it."""
        file = tmp_path / "out" / "out.ndjson"
        file.parent.mkdir()
        file.write_text("precious", "utf-8")
        other = "1dbfc517-0bbf-4301-9ba8-555ca42b9737"

        assert (
            "there is no organization"
            in icefloe("customers", "export", file, "--organization", other).mistake
        )

        assert file.read_text("utf-8") == "precious"
        assert list(file.parent.iterdir()) == [file]

    def test_a_link(self, icefloe: Command, filled: str, tmp_path: Path) -> None:
        """Where a name is a symbolic link, the file that it points to is replaced."""
        link, file = tmp_path / "link.ndjson", tmp_path / "file.ndjson"
        link.symlink_to(file)

        assert icefloe("customers", "export", link, "--organization", filled).status == 0

        assert link.is_symlink()
        assert len(file.read_text("utf-8").splitlines()) == 2

    def test_pipes(self, filled: str, tmp_path: Path) -> None:
        """Standard output by its path, a file that it is redirected to, and a fifo get every line."""
        words = [str(CLI), "customers", "export", "--organization", filled]
        piped = subprocess.run([*words, "/dev/stdout"], capture_output=True, check=True).stdout
        redirected = tmp_path / "redirected"
        with redirected.open("wb") as out:
            subprocess.run([*words, "/dev/stdout"], stdout=out, check=True)
        fifo = tmp_path / "fifo"
        os.mkfifo(fifo)
        read: list[bytes] = []
        reading = threading.Thread(target=lambda: read.append(fifo.read_bytes()))
        reading.start()
        subprocess.run([*words, str(fifo)], check=True)
        reading.join()

        assert piped.count(b"\n") == 2
        assert redirected.read_bytes() == piped == read[0]
        assert fifo.is_fifo()


class TestBeside:
    """`files.beside`."""

    @pytest.mark.parametrize("links", [True, False])
    def test_taken(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, links: bool) -> None:
        """A file that must not be replaced is not, with hard links and on file systems without."""
        if not links:
            monkeypatch.setattr(os, "link", _refuse_link)
        file = tmp_path / "file"
        files.write(file, b"first", replaces=False)
        with pytest.raises(FileExistsError):
            files.write(file, b"second", replaces=False)

        assert file.read_bytes() == b"first"
        assert list(tmp_path.iterdir()) == [file]
        files.write(file, b"third", mode=files.PUBLIC)
        assert (file.read_bytes(), mode_of(file)) == (b"third", 0o644)


def _refuse_link(source: Path, _: Path) -> None:
    raise OSError(1, "Operation not permitted", str(source))


@pytest.mark.parametrize("make", ["tls", "organizations"])
def test_secrets(
    icefloe: Command, tmp_path: Path, make: str, make_organization: Callable[..., str]
) -> None:
    """Secrets and keys are for their user alone; the authority's certificate is for everybody."""
    if make == "tls":
        assert icefloe("tls").status == 0
        folder = tmp_path / "data/icefloe/tls"
        assert mode_of(folder / "ca-key.pem") == 0o600
        assert mode_of(folder / "ca.pem") == 0o644
        assert {file.name for file in folder.iterdir()} == {"ca-key.pem", "ca.pem"}
    else:
        make_organization()
        assert mode_of(tmp_path / "icefloe.db.secret") == 0o600
