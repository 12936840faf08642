"""The plugin in company: pytest-asyncio, pytest-xdist, unittest under pytest."""

import pytest

from icefloe.testing import Server
from pytest_plugin.suites import Project

pytestmark = pytest.mark.processes


def test_asyncio(project_beside: Project) -> None:
    """Tests that are coroutines use the same fixtures, several requests at once."""
    done = project_beside.run(
        """
        import asyncio
        import httpx

        async def test_it(icefloe):
            made = icefloe.customers.create_many(10)
            headers = {"Authorization": "Bearer " + icefloe.token}
            async with httpx.AsyncClient(base_url=icefloe.base_url, headers=headers) as client:
                answers = await asyncio.gather(
                    *(client.get("/v1/customers/" + one.id) for one in made)
                )
            assert [one.json()["email"] for one in answers] == [one.email for one in made]
            assert len(icefloe.requests) == 10
        """
    )
    assert done.outcomes == {"passed": 1}


def test_xdist(project: Project) -> None:
    """Two hundred tests on four workers at once do not see each other's customers."""
    done = project.run(
        """
        import pytest

        @pytest.mark.parametrize("number", range(200))
        def test_it(icefloe, number):
            icefloe.clock.freeze("2026-01-01T00:00:00Z")
            made = icefloe.customers.create_many(number % 5, metadata={"number": number})
            icefloe.snapshot()
            made.append(icefloe.customers.create())
            import urllib.request, json
            request = urllib.request.Request(
                icefloe.base_url + "/v1/customers/",
                headers={"Authorization": "Bearer " + icefloe.token},
            )
            page = json.load(urllib.request.urlopen(request))
            assert {one["id"] for one in page["items"]} == {one.id for one in made}
            assert len(icefloe.requests) == 1
            icefloe.restore()
            assert json.load(urllib.request.urlopen(request))["pagination"]["total_count"] == number % 5
        """,
        "-n",
        "4",
    )
    assert done.outcomes == {"passed": 200}


def test_xdist_on_one_server(
    project: Project, icefloe_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Workers may share a server that runs already."""
    monkeypatch.setenv("ICEFLOE_CONTROL_KEY", icefloe_server.control_key)
    done = project.run(
        """
        import pytest

        @pytest.mark.parametrize("number", range(40))
        def test_it(icefloe, number):
            assert icefloe.customers.create().external_id == "usr_1"
        """,
        "-n",
        "4",
        "--icefloe-url",
        icefloe_server.base_url,
    )
    assert done.outcomes == {"passed": 40}


def test_unittest_under_pytest(project_beside: Project) -> None:
    """Test cases of unittest run under pytest: with a class of ours, or with the fixture."""
    done = project_beside.run(
        """
        import unittest
        import pytest
        from icefloe.testing import TestCase

        class TestOurs(TestCase):
            def test_it(self):
                assert self.icefloe.customers.create().organization_id == self.icefloe.organization_id

        @pytest.mark.usefixtures("icefloe")
        class TestTheirs(unittest.TestCase):
            @pytest.fixture(autouse=True)
            def _have(self, icefloe):
                self.icefloe = icefloe

            def test_it(self):
                assert self.icefloe.customers.create().organization_id == self.icefloe.organization_id
        """
    )
    assert done.outcomes == {"passed": 2}
