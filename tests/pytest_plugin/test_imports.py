"""What the plugin costs a project that does not use it: nothing."""

import pytest

from pytest_plugin.suites import Done, Project

pytestmark = pytest.mark.processes

_TEXT = """
    import sys

    def test_it({fixture}):
        ours = [name for name in sys.modules if name.startswith("icefloe")]
        heavy = {{"httpx", "pydantic", "apsw", "granian", "typer", "http.client", "subprocess"}}
        print("ours", *sorted(ours))
        print("heavy", *sorted(heavy & set(sys.modules)))
"""
_ALONE = ("-s", "-p", "no:anyio", "-p", "no:hypothesispytest", "-p", "no:xdist", "-p", "no:asyncio")


_SETTINGS = "[pytest]\n"


def _told(done: Done, word: str) -> list[str]:
    assert done.outcomes == {"passed": 1}
    (line,) = (line for line in done.lines if f"{word} " in f"{line} ")
    return line.partition(word)[2].split()


def test_unused(project: Project) -> None:
    """Where no test uses it, its own module is all that is imported: no server, no client."""
    without = project.run(_TEXT.format(fixture=""), *_ALONE, "-p", "no:icefloe", settings=_SETTINGS)
    assert _told(without, "ours") == []
    done = project.run(_TEXT.format(fixture=""), *_ALONE, settings=_SETTINGS)
    assert _told(done, "ours") == ["icefloe", "icefloe.pytest_plugin"]
    assert _told(done, "heavy") == _told(without, "heavy")


def test_used(project_beside: Project) -> None:
    """Where a test uses it, the test's process has a client, and no server."""
    done = project_beside.run(_TEXT.format(fixture="icefloe"), *_ALONE, settings=_SETTINGS)
    assert {name.partition(".")[2].partition(".")[0] for name in _told(done, "ours")} == {
        "",
        "pytest_plugin",
        "testing",
    }
    assert "pydantic" not in _told(done, "heavy")
    assert "httpx" not in _told(done, "heavy")
