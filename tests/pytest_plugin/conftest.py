"""What tests of the plugin share: pytest in a process of its own, beside a server that runs."""

import pytest

from icefloe.testing import Server
from pytest_plugin.suites import SETTINGS, Run


@pytest.fixture
def run_pytest(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs pytest in a process of its own on a file of tests, as a user's project has them."""
    monkeypatch.delenv("ICEFLOE_URL", raising=False)
    monkeypatch.delenv("ICEFLOE_CONTROL_KEY", raising=False)
    pytester.makeini(SETTINGS)

    def run(text: str, *options: str) -> pytest.RunResult:
        pytester.makepyfile(test_it=text)
        return pytester.runpytest_subprocess(*options)

    return run


@pytest.fixture
def run_beside(run_pytest: Run, icefloe_server: Server, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The same, on a server that runs already: none has to be started, which takes a second."""
    monkeypatch.setenv("ICEFLOE_URL", icefloe_server.base_url)
    monkeypatch.setenv("ICEFLOE_CONTROL_KEY", icefloe_server.control_key)
    return run_pytest
