"""Tests that run only if what they guard has changed: they take long, and other tests cover most of it.

`pytest --since REVISION` leaves the others out. `make test` passes the last commit that is older than a
day, and `make test-all` no revision: then every test runs.
"""

import re
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]

_EVERYTHING = ("pyproject.toml", "constraints.txt", "Makefile", ".ci/", "tests/conftest.py")
_WIRE = ("src/icefloe/api/", "src/icefloe/asgi/", "src/icefloe/serving/", "src/icefloe/control/")


@dataclass(frozen=True)
class Group:
    """Tests, and the files that they guard.

    Attributes:
        name: what CONTRIBUTING calls them.
        tests: a pattern of their node ids.
        guards: paths from the repository's root; of a folder with a slash at its end.
    """

    name: str
    tests: re.Pattern[str]
    guards: tuple[str, ...]

    def has(self, node_id: str) -> bool:
        """Whether a test is one of them."""
        return self.tests.match(node_id) is not None

    def is_touched(self, changed: Iterable[str]) -> bool:
        """Whether a changed file is one that they guard, or that everything depends on."""
        guards = (*self.guards, *_EVERYTHING)
        return any(
            path.startswith(guard) if guard.endswith("/") else path == guard
            for path in changed
            for guard in guards
        )


GROUPS = (
    Group(
        "every page's accessibility, keyboard and PostgreSQL",
        re.compile(
            r"tests/dashboard/test_(accessibility|keyboard|on_postgres|without_javascript)\.py"
        ),
        ("src/icefloe/dashboard/", "tests/dashboard/"),
    ),
    Group(
        "the official clients",
        re.compile(r"tests/(wire|pytest_plugin)/"),
        (*_WIRE, "src/icefloe/testing/", "tests/wire/", "tests/pytest_plugin/"),
    ),
    Group(
        "the examples and the snippets of the pages",
        re.compile(r"tests/(examples/|docs/test_snippets\.py)"),
        (
            "examples/",
            "docs/",
            "README.md",
            "tests/docs/",
            "tests/examples/",
            "src/icefloe/cli/",
            "src/icefloe/testing/",
            *_WIRE,
        ),
    ),
    Group(
        "rules on PostgreSQL",
        re.compile(r"tests/domain/.*\[(?:.*-)?postgres"),
        ("src/icefloe/domain/", "src/icefloe/storage/", "tests/domain/"),
    ),
    Group(
        "storage on PostgreSQL",
        re.compile(
            r"tests/(storage/.*\[(?:.*-)?postgres|storage/test_(postgres|standbys|partitions))"
        ),
        ("src/icefloe/storage/", "tests/storage/"),
    ),
    Group(
        "webhooks amid kills",
        re.compile(r"tests/delivery/test_kills\.py"),
        (
            "src/icefloe/delivery/",
            "src/icefloe/domain/webhooks/",
            "src/icefloe/storage/webhooks/",
            "tests/delivery/",
        ),
    ),
    Group(
        "attacks",
        re.compile(r"tests/attack/"),
        (*_WIRE, "src/icefloe/dashboard/", "src/icefloe/log.py", "tests/attack/"),
    ),
)


def find_left_out(since: str) -> list[Group]:
    """The groups whose guarded files are as they were at a revision; none where git cannot tell."""
    changed: list[str] = []
    for words in (
        ("diff", "--name-only", since, "--"),
        ("ls-files", "--others", "--exclude-standard"),
    ):
        done = subprocess.run(
            ("git", *words),  # noqa: S607 - wherever this machine has it
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            return []
        changed += done.stdout.splitlines()
    return [group for group in GROUPS if not group.is_touched(changed)]
