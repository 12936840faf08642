"""The fixtures `icefloe_server` and `icefloe`, the marker and the options of the plugin."""

import os
import signal
import subprocess
import sys

import httpx
import pytest

import plain_http
from icefloe.testing import Server
from pytest_plugin.suites import Project

pytestmark = pytest.mark.processes


def test_a_server_of_its_own(project: Project) -> None:
    """Tests share a server, have an organization each, and the server has gone after them."""
    done = project.run(
        """
        import urllib.request

        seen = []

        def test_one(icefloe, icefloe_server):
            icefloe.customers.create()
            seen.append((icefloe.organization_id, icefloe_server.base_url))
            assert icefloe.base_url == icefloe_server.base_url

        def test_two(icefloe, icefloe_server):
            request = urllib.request.Request(
                icefloe.base_url + "/v1/customers/",
                headers={"Authorization": "Bearer " + icefloe.token},
            )
            assert b'"total_count":0' in urllib.request.urlopen(request).read()
            (organization_id, url), = seen
            assert organization_id != icefloe.organization_id
            assert url == icefloe_server.base_url
            kept = icefloe_server.control.get("organizations")["items"]
            assert [one["id"] for one in kept] == [icefloe.organization_id]
            print("url", url)
        """,
        "-s",
    )
    assert done.outcomes == {"passed": 2}
    (url,) = (line.partition("url ")[2] for line in done.lines if "url http" in line)
    with pytest.raises(httpx.ConnectError):
        plain_http.get(url)


def test_options_of_the_server(project: Project) -> None:
    """`icefloe_options` gives the server that is started more options."""
    done = project.run(
        """
        import httpx

        def test_limit(icefloe):
            header = {"Authorization": "Bearer " + icefloe.token}
            url = icefloe.base_url + "/v1/customers/"
            seen = [httpx.get(url, headers=header).status_code for _ in range(2)]
            assert seen == [200, 429]
        """,
        more="icefloe_options = --rate-limit 1/min\n",
    )
    assert done.outcomes == {"passed": 1}


def test_a_server_that_cannot_start(project: Project) -> None:
    """Where the server cannot start, the test's error has its words."""
    more = "icefloe_options = --no-such-option\n"
    done = project.run("def test_it(icefloe): pass", more=more)
    assert done.outcomes == {"error": 1}
    done.check("*NotStarted: *--no-such-option*", "*No such option*")


def test_url(project: Project, icefloe_server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--icefloe-url` uses a server that runs already, which runs on without the organizations."""
    monkeypatch.setenv("ICEFLOE_CONTROL_KEY", icefloe_server.control_key)
    text = """
        def test_it(icefloe):
            icefloe.customers.create()
            print("url", icefloe.base_url)
    """
    before = icefloe_server.control.get("organizations")
    done = project.run(text, "-s", "--icefloe-url", icefloe_server.base_url)
    assert done.outcomes == {"passed": 1}
    done.check(f"*url {icefloe_server.base_url}*")
    assert icefloe_server.control.get("organizations") == before


def test_url_in_settings(
    project: Project,
    icefloe_server: Server,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """`icefloe_url` of the project's settings does the same; without a key it says where it is."""
    more = f"icefloe_url = {icefloe_server.base_url}\n"
    text = "def test_it(icefloe): pass"
    done = project.run(text, more=more)
    assert done.outcomes == {"error": 1}
    done.check("*StandInError: *ICEFLOE_CONTROL_KEY")
    monkeypatch.setenv("ICEFLOE_CONTROL_KEY", icefloe_server.control_key)
    assert project.run(text, more=more).outcomes == {"passed": 1}


def test_markers(project_beside: Project) -> None:
    """A marker says how the organization is made; the nearest says each thing."""
    done = project_beside.run(
        """
        import datetime
        import pytest

        pytestmark = pytest.mark.icefloe(strict=True, now="2026-01-01T00:00:00Z", name="Module")

        @pytest.mark.icefloe(name="Class", contract="2025-06")
        class TestIt:
            @pytest.mark.icefloe(name="Test", scopes=["customers:read"])
            def test_all(self, icefloe, icefloe_server):
                kept = icefloe_server.control.get("organizations/" + icefloe.organization_id)
                assert (kept["name"], kept["strict"], kept["contract"]) == ("Test", True, "2025-06")
                assert icefloe.clock.now.year == 2026

        @pytest.mark.icefloe(seed=7)
        def test_seed(icefloe):
            assert icefloe.clock.is_frozen
            assert icefloe.clock.now == datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)
        """
    )
    assert done.outcomes == {"passed": 2}


@pytest.mark.parametrize(
    ("marker", "words"),
    [
        ("icefloe(sede=7)", "the marker icefloe has no 'sede'; it knows seed, now, strict"),
        ("icefloe(7)", "the marker icefloe takes names only; it knows seed, now, strict"),
        ("icefloe(contract='1999')", "422: body.contract"),
    ],
)
def test_wrong_markers(project_beside: Project, marker: str, words: str) -> None:
    """A marker that cannot be is told."""
    done = project_beside.run(
        f"""
        import pytest

        @pytest.mark.{marker}
        def test_it(icefloe): pass
        """
    )
    assert done.outcomes == {"error": 1}
    done.check(f"*{words}*")


def test_marker_and_fixtures_are_told(project: Project) -> None:
    """`pytest --markers` and `--fixtures` say what there is."""
    project.run("", "--markers").check("@pytest.mark.icefloe(seed=*")
    told = project.run("", "--fixtures")
    told.check("icefloe_server*", "*A stand-in for Polar*")
    told.check("icefloe --*", "*An organization of the test's own*")


def test_failures_show_requests(project_beside: Project) -> None:
    """A test that fails shows what the application asked."""
    done = project_beside.run(
        """
        import urllib.request

        def test_it(icefloe):
            urllib.request.urlopen(urllib.request.Request(
                icefloe.base_url + "/v1/customers/?limit=3",
                headers={"Authorization": "Bearer " + icefloe.token},
            ))
            assert False

        def test_without(icefloe):
            assert False
        """
    )
    assert done.outcomes == {"failed": 2}
    done.check("*Requests to Icefloe*", "GET /v1/customers/?limit=3 → 200", "*test_without*")
    assert sum("Requests to Icefloe" in line for line in done.lines) == 1


def test_failures_show_webhooks(project_beside: Project) -> None:
    """A test that fails shows which webhooks the application was sent, if it has any."""
    done = project_beside.run(
        """
        async def app(scope, receive, send):
            assert scope["type"] == "http"
            await send({"type": "http.response.start", "status": 202, "headers": []})
            await send({"type": "http.response.body"})

        def test_it(icefloe):
            icefloe.webhooks.deliver_to(app, events=["customer.created", "customer.deleted"])
            icefloe.customers.create()
            icefloe.webhooks.wait_for("customer.created")
            icefloe.webhooks.wait_for("customer.deleted", timeout=0)
        """
    )
    assert done.outcomes == {"failed": 1}
    done.check(
        "*NotDelivered: no customer.deleted was delivered within 0 s; delivered were:*",
        "*Webhooks from Icefloe*",
        "customer.created → 202",
    )


def test_a_failure_without_a_server(project: Project) -> None:
    """A test that fails as its server has gone is told as any other."""
    done = project.run(
        """
        def test_it(icefloe, icefloe_server):
            icefloe_server.stop()
            assert False
        """
    )
    assert done.outcomes == {"failed": 1, "error": 1}
    done.check("*Requests to Icefloe*", "the stand-in at 127.0.0.1:* does not answer*")


def test_interrupted(project: Project) -> None:
    """Ctrl-C reaches the tests and not the server: what they used is cleared away without a word."""
    (project.folder / "test_it.py").write_text(
        "import time\ndef test_it(icefloe):\n    print('ready', flush=True)\n    time.sleep(60)\n",
        "utf-8",
    )
    with subprocess.Popen(
        [sys.executable, "-m", "pytest", "-s", "-p", "no:cacheprovider", "-p", "no:schemathesis"],
        cwd=project.folder,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as running:
        assert running.stdout is not None
        lines = iter(running.stdout.readline, "")
        assert any("ready" in line for line in lines)
        os.killpg(running.pid, signal.SIGINT)
        printed = running.stdout.read()
    assert "KeyboardInterrupt" in printed
    assert "StandInError" not in printed
