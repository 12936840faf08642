"""What tests of the plugin share: pytest in a process of its own, beside a server that runs."""

from pathlib import Path

import pytest

from icefloe.testing import Server
from pytest_plugin.suites import Project


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A user's project, which has its tests start a server."""
    monkeypatch.delenv("ICEFLOE_URL", raising=False)
    monkeypatch.delenv("ICEFLOE_CONTROL_KEY", raising=False)
    return Project(tmp_path)


@pytest.fixture
def project_beside(
    project: Project, icefloe_server: Server, monkeypatch: pytest.MonkeyPatch
) -> Project:
    """A user's project beside a server that runs: none has to be started, which takes a second."""
    monkeypatch.setenv("ICEFLOE_URL", icefloe_server.base_url)
    monkeypatch.setenv("ICEFLOE_CONTROL_KEY", icefloe_server.control_key)
    return project
