"""The fenced blocks of the pages: shell and Python run, all others have the form they should."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from docs import forms, pages, scripts
from examples import environments as examples
from support import Organization, new_customer
from wire import environments

SNIPPETS = [snippet for name in pages.NAMES for snippet in pages.find_snippets(name)]
# How an example is run and tested, tests/examples do.
_SHELL = sorted(
    {
        snippet.page
        for snippet in SNIPPETS
        if snippet.language == "sh" and not snippet.page.startswith("examples/")
    }
)
_FORMED = [snippet for snippet in SNIPPETS if snippet.language in forms.CHECKS]
# The example whose packages have Vitest and a client among them.
_WITH_VITEST = "node-better-auth"
_COLOUR = re.compile(r"\x1b\[\d+m")
_FILE = re.compile(r"# (\w+\.py)\n")


def _clients(text: str) -> list[str]:
    """The environments of the client that Python code imports."""
    generation = "0" if "from polar_sdk import" in text else "1"
    assert generation == "0" or "from polar." in text
    return [name for name in environments.NAMES if name.startswith(f"polar-sdk-{generation}.")]


_PYTHON = [snippet for snippet in SNIPPETS if snippet.language == "python"]
_PROGRAMS = [
    pytest.param(snippet, client, id=f"{snippet}-{client}")
    for snippet in _PYTHON
    if not _FILE.match(snippet.text)
    for client in _clients(snippet.text)
]
# Pages whose Python snippets are files of a test suite, and the newest client that these can import.
_SUITES = [
    pytest.param(page, client, id=f"{page}-{client}")
    for page in sorted({snippet.page for snippet in _PYTHON if _FILE.match(snippet.text)})
    for client in _clients("".join(one.text for one in _PYTHON if one.page == page))[-1:]
]


@pytest.fixture(scope="session")
def pythons() -> dict[str, Path]:
    """The Python of each official client's environment; missing ones are made."""
    return environments.make_all()


@pytest.mark.parametrize("snippet", SNIPPETS, ids=str)
def test_language(snippet: pages.Snippet) -> None:
    """A fenced block says what it is, and it is something that is run or looked at here."""
    assert snippet.language in {"sh", "python", *forms.CHECKS}


@pytest.mark.parametrize("snippet", _FORMED, ids=str)
def test_form(snippet: pages.Snippet) -> None:
    """A snippet that is not run has the form of what it says it is."""
    forms.CHECKS[snippet.language](snippet.text)


@pytest.mark.processes
@pytest.mark.parametrize("page", _SHELL)
def test_shell(page: str, tmp_path: Path) -> None:
    """The shell snippets of a page do what they say, one after the other, on an empty machine."""
    snippets = [snippet for snippet in pages.find_snippets(page) if snippet.language == "sh"]
    scripts.run(snippets, tmp_path)


@pytest.mark.parametrize(("snippet", "client"), _PROGRAMS)
def test_python(
    snippet: pages.Snippet, client: str, pythons: dict[str, Path], organization: Organization
) -> None:
    """A snippet for an official client reads customers when it is given a URL and a token."""
    customers = [new_customer(number, metadata={"plan": "pro"}) for number in range(1, 13)]
    organization.keep(*customers)
    text = snippet.text.replace("http://127.0.0.1:8000", organization.url)
    done = subprocess.run(
        [str(pythons[client]), "-c", text.replace("polar_oat_…", organization.token())],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert [one["email"] for one in customers if one["email"] not in done.stdout] == []


@pytest.mark.processes
@pytest.mark.parametrize(("page", "client"), _SUITES)
def test_suite(page: str, client: str, pythons: dict[str, Path], tmp_path: Path) -> None:
    """The files of tests that a page shows pass, beside the official client that they import."""
    for snippet in pages.find_snippets(page):
        found = _FILE.match(snippet.text)
        if snippet.language == "python" and found is not None:
            (tmp_path / found[1]).write_text(snippet.text, "utf-8")
    (packages,) = pythons[client].parents[1].glob("[Ll]ib/**/site-packages")
    words = ["-m", "pytest", "--quiet", "-p", "no:cacheprovider", "-p", "no:schemathesis"]
    done = _run(tmp_path, [sys.executable, *words], PYTHONPATH=os.fspath(packages))
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^\d+ passed", done.stdout, re.MULTILINE), done.stdout
    for program in tmp_path.glob("*.py"):
        if "__main__" in program.read_text("utf-8"):
            done = _run(tmp_path, [sys.executable, program.name], PYTHONPATH=os.fspath(packages))
            assert done.returncode == 0, done.stderr


@pytest.mark.processes
def test_vitest(tmp_path: Path) -> None:
    """The files of a suite for Vitest that the page on tests shows pass."""
    for snippet in pages.find_snippets("docs/testing.md"):
        if snippet.language == "js":
            name, _, text = snippet.text.removeprefix("// ").partition("\n")
            (tmp_path / name).write_text(text, "utf-8")
    modules = examples.find_parts(_WITH_VITEST)["node_modules"]
    (tmp_path / "node_modules").symlink_to(modules)
    # Beside the tests there is no package.json: Node is told so that files are modules.
    (tmp_path / "package.json").write_text('{"type": "module"}', "utf-8")
    done = _run(tmp_path, [str(modules / ".bin" / "vitest"), "run"])
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"Tests +\S*3 passed", _COLOUR.sub("", done.stdout)), done.stdout


def _run(folder: Path, command: list[str], **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a program in a folder, as a user who has the `icefloe` under test."""
    return subprocess.run(
        command,
        cwd=folder,
        env={**scripts.environment(folder), **variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
