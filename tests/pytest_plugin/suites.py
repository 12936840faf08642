"""A suite of tests as a user's project has it, that another pytest runs.

pytest's own `pytester` forgets the modules that a test has imported, in our process too; some of them
cannot be imported twice.
"""

import re
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path

import pytest

_SETTINGS = """\
[pytest]
asyncio_mode = auto
asyncio_default_fixture_loop_scope = function
filterwarnings = error
addopts = --strict-markers -p no:cacheprovider -p no:schemathesis
"""
_OUTCOME = re.compile(r"(\d+) (passed|failed|error|skipped|warning|deselected)s?\b")
_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Done:
    """What pytest has done: what it printed, and how many tests came to what, such as `passed`."""

    printed: str
    outcomes: dict[str, int]

    @property
    def lines(self) -> list[str]:
        """What it printed, line by line."""
        return self.printed.splitlines()

    def check(self, *patterns: str) -> None:
        """Fail unless it printed lines of these patterns, in this order."""
        pytest.LineMatcher(self.lines).fnmatch_lines(list(patterns))


@dataclass(frozen=True, slots=True)
class Project:
    """A user's project: a folder with settings and a file of tests."""

    folder: Path

    def run(self, text: str, *options: str, settings: str = _SETTINGS, more: str = "") -> Done:
        """Run pytest on a file of tests in a process of its own.

        Args:
            text: of the file.
            options: of pytest.
            settings: of the project.
            more: settings beside those.
        """
        (self.folder / "pytest.ini").write_text(settings + more, "utf-8")
        (self.folder / "test_it.py").write_text(textwrap.dedent(text), "utf-8")
        done = subprocess.run(
            [sys.executable, "-m", "pytest", *options],
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
        printed = done.stdout + done.stderr
        summary = next((one for one in reversed(done.stdout.splitlines()) if one[:2] == "=="), "")
        return Done(printed, {word: int(count) for count, word in _OUTCOME.findall(summary)})
