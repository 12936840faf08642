"""Rare tests: each group is there, knows what it guards, and runs when that has changed."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

import rarely

# A run of the tests of another project, which has one rare group.
_PROGRAM = """
import pathlib, re, sys
import pytest, rarely

rarely.ROOT = pathlib.Path.cwd()
rarely.PASSED = rarely.ROOT / "passed.json"
letters = rarely.Group("letters", re.compile(r"test_letters"), ("letters/", "test_letters.py"))
rarely.GROUPS = (letters,)
raise SystemExit(pytest.main(["-p", "no:cacheprovider", "-p", "rare_runs", *sys.argv[1:]]))
"""


@pytest.mark.parametrize("group", rarely.GROUPS, ids=lambda group: group.name.replace(" ", "-"))
class TestGroups:
    """Each group of rare tests."""

    def test_guards(self, group: rarely.Group) -> None:
        """Every file and folder that it guards is there."""
        assert [name for name in group.guards if not (rarely.ROOT / name).exists()] == []

    def test_tests(self, group: rarely.Group) -> None:
        """It has tests of its own, and guards their files."""
        files = [
            path.relative_to(rarely.ROOT).as_posix()
            for path in (rarely.ROOT / "tests").rglob("test_*.py")
        ]

        found = {
            file
            for file in files
            for node in (file, f"{file}::test_x[postgres]", f"{file}::test_x[some-thorough]")
            if group.has(node)
        }

        assert found
        assert [file for file in found if not group.is_guarding(file)] == []

    def test_changed(self, group: rarely.Group) -> None:
        """A change of what it guards, or of what everything depends on, changes its fingerprint."""
        guard = group.guards[0]
        guarded = f"{guard}x.py" if guard.endswith("/") else guard
        files = {guarded: b"1", "constraints.txt": b"1", "CHANGELOG.md": b"1"}
        now = group.fingerprint(files)

        assert group.fingerprint(files | {guarded: b"2"}) != now
        assert group.fingerprint(files | {"constraints.txt": b"2"}) != now
        assert group.fingerprint(files | {"CHANGELOG.md": b"2"}) == now

    def test_order(self, group: rarely.Group) -> None:
        """The order in which the file system gives the files does not count."""
        guard = group.guards[0]
        files = {f"{guard}x.py" if guard.endswith("/") else guard: b"1", "constraints.txt": b"2"}

        assert group.fingerprint(files) == group.fingerprint(dict(reversed(files.items())))


def test_names() -> None:
    """What is stored as passed is a fingerprint for each of some groups, sorted."""
    passed = json.loads(rarely.PASSED.read_text("utf-8"))

    assert passed.keys() <= {group.name for group in rarely.GROUPS}
    assert list(passed) == sorted(passed)


@dataclass(frozen=True)
class Project:
    """A folder under git, with a rare test, another test, and the file that the rare one guards."""

    folder: Path

    def run(self, *options: str) -> str:
        """What a run of its tests prints."""
        done = subprocess.run(
            [sys.executable, "-c", _PROGRAM, *options],
            cwd=self.folder,
            env={
                "PATH": os.environ["PATH"],
                "PYTHONPATH": str(rarely.ROOT / "tests"),
                "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            },
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout + done.stderr

    def write(self, name: str, text: str) -> None:
        """Give a file its contents."""
        (self.folder / name).write_text(text, "utf-8")

    @property
    def passed(self) -> dict[str, str]:
        """The fingerprints that are stored."""
        found: dict[str, str] = json.loads((self.folder / "passed.json").read_text("utf-8"))
        return found


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project of which nothing has passed."""
    made = Project(tmp_path)
    (tmp_path / "letters").mkdir()
    made.write("pytest.ini", "[pytest]\ntestpaths = .\n")
    made.write("test_letters.py", "def test_a():\n    pass\n")
    made.write("test_other.py", "def test_b():\n    pass\n")
    made.write("letters/a.txt", "a")
    made.write("passed.json", "{}")
    subprocess.run(("git", "init", "--quiet", str(tmp_path)), check=True)  # noqa: S607 - wherever it is
    return made


@pytest.mark.processes
class TestRuns:
    """Runs of a project's tests."""

    def test_passed(self, project: Project) -> None:
        """A rare test is left out, and the run says so, until a file that it guards changes."""
        assert "2 passed" in project.run("--since-passed")
        assert project.passed == {}
        assert "2 passed" in project.run("--note-passed")

        again = project.run("--since-passed")
        assert "1 passed, 1 deselected" in again
        assert "left out, as it passed with the files that there are: letters" in again

        project.write("passed-not.txt", "guarded by none")
        assert "1 passed, 1 deselected" in project.run("--since-passed")
        project.write("letters/b.txt", "new")
        assert "2 passed" in project.run("--since-passed")
        assert "2 passed" in project.run()

    def test_without(self, project: Project) -> None:
        """A run may leave every rare test out, and then stores nothing."""
        shown = project.run("--without-rare")

        assert "1 passed, 1 deselected" in shown
        assert "left out: every rare test" in shown
        assert "--note-passed runs every test" in project.run("--without-rare", "--note-passed")

    @pytest.mark.parametrize(
        "text", ["def test_b():\n    assert False\n", "import pytest\npytest.skip('', True)\n"]
    )
    def test_not_all_passed(self, project: Project, text: str) -> None:
        """A run in which a test fails or is skipped stores nothing."""
        project.write("test_other.py", text)

        assert "1 passed" in project.run("--note-passed")
        assert project.passed == {}

    def test_changed_meanwhile(self, project: Project) -> None:
        """A run during which a guarded file changes stores nothing."""
        project.write("test_other.py", "def test_b():\n    open('letters/a.txt', 'w').write('b')\n")

        assert "2 passed" in project.run("--note-passed")
        assert project.passed == {}

    @pytest.mark.parametrize("part", ["test_other.py", "-k=b", "--deselect=test_letters.py"])
    def test_a_part(self, project: Project, part: str) -> None:
        """A run of some tests cannot store what passed."""
        assert "--note-passed runs every test" in project.run("--note-passed", part)

    def test_no_git(self, project: Project) -> None:
        """Without git every test runs."""
        project.run("--note-passed")
        (project.folder / ".git").rename(project.folder / "aside")

        assert "2 passed" in project.run("--since-passed")
