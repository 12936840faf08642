"""Rare tests: they take long, and other tests cover most of what they do.

A group of them is left out while the files that it guards are as they were when it last passed:
`rarely-passed.json` has the fingerprint of those files. `rare_runs.py` has pytest do so.
"""

import hashlib
import json
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
PASSED = ROOT / "tests/rarely-passed.json"

_EVERYTHING = ("pyproject.toml", "constraints.txt", "tests/conftest.py")
_API = "src/icefloe/api/"
_STAND_IN = ("src/icefloe/testing/", "src/icefloe/control/", "src/icefloe/pytest_plugin.py")
_STORED = ("src/icefloe/domain/", "src/icefloe/storage/")
# The quickest tests of a group, which therefore always run.
_BROWSED = r"test_accessibility\.py::test_every_page\[/(\{slug\}/customers)?\]$"


@dataclass(frozen=True)
class Group:
    """Tests, and the files that they guard.

    Attributes:
        name: what CONTRIBUTING calls them.
        tests: a pattern of their node ids.
        guards: files that no other test covers as well, and the tests' own: paths from the
            repository's root, of a folder with a slash at its end.
    """

    name: str
    tests: re.Pattern[str]
    guards: tuple[str, ...]

    def has(self, node_id: str) -> bool:
        """Whether a test is one of them."""
        return self.tests.match(node_id) is not None

    def is_guarding(self, path: str) -> bool:
        """Whether a file is one that they guard, or one that every test depends on."""
        return any(
            path.startswith(guard) if guard.endswith("/") else path == guard
            for guard in (*self.guards, *_EVERYTHING)
        )

    def fingerprint(self, files: Mapping[str, bytes]) -> str:
        """The SHA-256, in hexadecimal digits, of the guarded ones of some files.

        Args:
            files: the SHA-256 of each, by its path from the repository's root.
        """
        digest = hashlib.sha256()
        for path in sorted(filter(self.is_guarding, files)):
            digest.update(path.encode() + b"\0" + files[path])
        return digest.hexdigest()


GROUPS = (
    Group(
        "every page in a browser",
        re.compile(
            rf"tests/dashboard/(?!{_BROWSED})test_(accessibility|keyboard|on_postgres"
            r"|without_javascript|customer_journeys|commerce_journeys|first_steps"
            r"|hostile_values)\.py"
        ),
        ("src/icefloe/dashboard/", "tests/dashboard/"),
    ),
    Group(
        "the official clients",
        re.compile(r"tests/wire/"),
        (
            _API,
            "src/icefloe/asgi/",
            "src/icefloe/serving/",
            "src/icefloe/delivery/",
            "src/icefloe/domain/webhooks/",
            "tests/wire/",
        ),
    ),
    Group(
        "the pytest plugin",
        re.compile(r"tests/pytest_plugin/"),
        (*_STAND_IN, "tests/pytest_plugin/"),
    ),
    Group(
        "the examples",
        re.compile(r"tests/examples/"),
        (*_STAND_IN, "src/icefloe/delivery/", "examples/", "tests/examples/"),
    ),
    Group(
        "the snippets of the pages",
        re.compile(r"tests/docs/test_(snippets|receivers)\.py"),
        ("docs/", "README.md", "src/icefloe/cli/", "src/icefloe/testing/", "tests/docs/"),
    ),
    Group(
        "the programs that measure",
        re.compile(r"tests/bench/test_programs\.py"),
        ("benchmarks/", "tests/bench/"),
    ),
    Group(
        "rules on PostgreSQL",
        re.compile(r"tests/domain/.*\[(?:.*-)?postgres"),
        (*_STORED, "tests/domain/"),
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
        "many requests, right and wrong",
        re.compile(r"tests/api/test_openapi_fuzz\.py::.*\[.*\bthorough\b"),
        (_API, "tests/api/test_openapi_fuzz.py", "tests/api/writing.py"),
    ),
    Group(
        "many lists and writes, against a model",
        re.compile(
            r"tests/(api/test_(list|write)_property\.py::.*\[|domain/test_(usage|holdings)\.py::.*\[sqlite)"
            r".*\bthorough\b"
        ),
        (
            *_STORED,
            "tests/api/test_list_property.py",
            "tests/api/test_write_property.py",
            "tests/domain/test_usage.py",
            "tests/domain/test_holdings.py",
        ),
    ),
    Group(
        "many requests to both engines",
        re.compile(r"tests/api/test_engines_agree\.py::.*\[.*\bthorough\b"),
        (*_STORED, "tests/api/test_engines_agree.py"),
    ),
    Group(
        "attacks",
        re.compile(r"tests/attack/"),
        (
            _API,
            "src/icefloe/asgi/",
            "src/icefloe/serving/",
            "src/icefloe/control/",
            "src/icefloe/dashboard/",
            "src/icefloe/log.py",
            "tests/attack/",
        ),
    ),
)


def find_fingerprints() -> dict[str, str]:
    """The fingerprint of each group's files as they are now, by its name; of none without git.

    New files count before they are committed. Those that git ignores do not.
    """
    done = subprocess.run(
        ("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"),  # noqa: S607 - wherever this machine has it
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        return {}
    files = {
        path: hashlib.sha256((ROOT / path).read_bytes()).digest()
        for path in done.stdout.split("\0")
        if any(group.is_guarding(path) for group in GROUPS) and (ROOT / path).is_file()
    }
    return {group.name: group.fingerprint(files) for group in GROUPS}


def find_passed(now: Mapping[str, str]) -> list[Group]:
    """The groups that passed with the fingerprints that there are now."""
    passed: dict[str, str] = json.loads(PASSED.read_text("utf-8"))
    return [
        group for group in GROUPS if group.name in now and passed.get(group.name) == now[group.name]
    ]


def note_passed(now: Mapping[str, str]) -> None:
    """Store the fingerprints of a run in which every group passed: a line for each, sorted."""
    PASSED.write_text(json.dumps(now, indent=2, sort_keys=True) + "\n", "utf-8")
