"""The official clients that are installed, as `icefloe.client` and as an application has them."""

import os
from pathlib import Path

import pytest

from pytest_plugin.suites import Project
from wire import environments, programs

_SUITES = Path(__file__).with_name("generations")


@pytest.fixture(scope="session")
def pythons() -> dict[str, Path]:
    """The Python of each client's environment, by the client's name; missing ones are made."""
    return environments.make_all()


@pytest.mark.parametrize("name", environments.NAMES)
def test_generations(
    project_beside: Project, pythons: dict[str, Path], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A suite with an official client passes: each kind of fault is the client's own exception."""
    (packages,) = pythons[name].parents[1].glob("[Ll]ib/**/site-packages")
    inherited = os.environ.get("PYTHONPATH")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [inherited, str(packages)])))
    suite = _SUITES / f"generation_{programs.generation_of(name)}.py"
    done = project_beside.run(suite.read_text("utf-8"))
    assert done.outcomes.keys() == {"passed"}, done.printed
    assert done.outcomes["passed"] >= 18


def test_without_a_client(project_beside: Project) -> None:
    """Where none is installed, the error says what to install; all else works without."""
    done = project_beside.run(
        """
        import pytest
        from icefloe.testing import NoClient

        def test_it(icefloe):
            assert icefloe.customers.create().email
            with pytest.raises(NoClient, match="pip install polar-sdk"):
                icefloe.client
        """
    )
    assert done.outcomes == {"passed": 1}
