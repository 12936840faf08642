"""What the plugin costs a project that does not use it: nothing."""

import pytest

from pytest_plugin.suites import Run

_TEXT = """
    import sys

    def test_it({fixture}):
        ours = [name for name in sys.modules if name.startswith("icefloe")]
        heavy = {{"httpx", "pydantic", "apsw", "granian", "typer", "http.client", "subprocess"}}
        print("ours", *sorted(ours))
        print("heavy", *sorted(heavy & set(sys.modules)))
"""
_ALONE = ("-s", "-p", "no:anyio", "-p", "no:hypothesispytest", "-p", "no:xdist", "-p", "no:asyncio")


def _told(done: pytest.RunResult, word: str) -> list[str]:
    done.assert_outcomes(passed=1)
    (line,) = (line for line in done.outlines if f"{word} " in f"{line} ")
    return line.partition(word)[2].split()


def test_unused(pytester: pytest.Pytester, run_pytest: Run) -> None:
    """Where no test uses it, its own module is all that is imported: no server, no client."""
    pytester.makeini("[pytest]\n")
    without = run_pytest(_TEXT.format(fixture=""), *_ALONE, "-p", "no:icefloe")
    assert _told(without, "ours") == []
    done = run_pytest(_TEXT.format(fixture=""), *_ALONE)
    assert _told(done, "ours") == ["icefloe", "icefloe.pytest_plugin"]
    assert _told(done, "heavy") == _told(without, "heavy")


def test_used(pytester: pytest.Pytester, run_beside: Run) -> None:
    """Where a test uses it, the test's process has a client, and no server."""
    pytester.makeini("[pytest]\n")
    done = run_beside(_TEXT.format(fixture="icefloe"), *_ALONE)
    assert {name.partition(".")[2].partition(".")[0] for name in _told(done, "ours")} == {
        "",
        "pytest_plugin",
        "testing",
    }
    assert "pydantic" not in _told(done, "heavy")
    assert "httpx" not in _told(done, "heavy")
