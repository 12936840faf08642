"""The fixtures `icefloe_server` and `icefloe`, the marker and the options of the plugin."""

import httpx
import pytest

from icefloe.testing import Server
from pytest_plugin.suites import SETTINGS, Run


def test_a_server_of_its_own(run_pytest: Run) -> None:
    """Tests share a server, have an organization each, and the server has gone after them."""
    done = run_pytest(
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
    done.assert_outcomes(passed=2)
    (url,) = (line.partition("url ")[2] for line in done.outlines if "url http" in line)
    with pytest.raises(httpx.ConnectError):
        httpx.get(url)


def test_options_of_the_server(pytester: pytest.Pytester, run_pytest: Run) -> None:
    """`icefloe_options` gives the server that is started more options."""
    pytester.makeini(f"{SETTINGS}icefloe_options = --host localhost\n")
    done = run_pytest(
        """
        def test_host(icefloe_server):
            assert icefloe_server.base_url.startswith("http://localhost:")
        """
    )
    done.assert_outcomes(passed=1)


def test_a_server_that_cannot_start(pytester: pytest.Pytester, run_pytest: Run) -> None:
    """Where the server cannot start, the test's error has its words."""
    pytester.makeini(f"{SETTINGS}icefloe_options = --no-such-option\n")
    done = run_pytest("def test_it(icefloe): pass")
    done.assert_outcomes(errors=1)
    done.stdout.fnmatch_lines(["*NotStarted: *--no-such-option*", "*No such option*"])


def test_url(run_pytest: Run, icefloe_server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--icefloe-url` uses a server that runs already, which runs on without the organizations."""
    monkeypatch.setenv("ICEFLOE_CONTROL_KEY", icefloe_server.control_key)
    text = """
        def test_it(icefloe):
            icefloe.customers.create()
            print("url", icefloe.base_url)
    """
    done = run_pytest(text, "-s", "--icefloe-url", icefloe_server.base_url)
    done.assert_outcomes(passed=1)
    done.stdout.fnmatch_lines([f"*url {icefloe_server.base_url}*"])
    assert icefloe_server.control.get("organizations")["items"] == []


def test_url_in_settings(
    pytester: pytest.Pytester,
    run_pytest: Run,
    icefloe_server: Server,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """`icefloe_url` of the project's settings does the same; without a key it says where it is."""
    pytester.makeini(f"{SETTINGS}icefloe_url = {icefloe_server.base_url}\n")
    text = "def test_it(icefloe): pass"
    done = run_pytest(text)
    done.assert_outcomes(errors=1)
    done.stdout.fnmatch_lines(["*StandInError: *ICEFLOE_CONTROL_KEY"])
    monkeypatch.setenv("ICEFLOE_CONTROL_KEY", icefloe_server.control_key)
    run_pytest(text).assert_outcomes(passed=1)


def test_markers(run_beside: Run) -> None:
    """A marker says how the organization is made; the nearest says each thing."""
    done = run_beside(
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
    done.assert_outcomes(passed=2)


@pytest.mark.parametrize(
    ("marker", "words"),
    [
        ("icefloe(sede=7)", "the marker icefloe has no 'sede'; it knows seed, now, strict"),
        ("icefloe(7)", "the marker icefloe takes names only; it knows seed, now, strict"),
        ("icefloe(contract='1999')", "422: body.contract"),
    ],
)
def test_wrong_markers(run_beside: Run, marker: str, words: str) -> None:
    """A marker that cannot be is told."""
    done = run_beside(
        f"""
        import pytest

        @pytest.mark.{marker}
        def test_it(icefloe): pass
        """
    )
    done.assert_outcomes(errors=1)
    done.stdout.fnmatch_lines([f"*{words}*"])


def test_marker_and_fixtures_are_told(pytester: pytest.Pytester) -> None:
    """`pytest --markers` and `--fixtures` say what there is."""
    pytester.runpytest_subprocess("--markers").stdout.fnmatch_lines(["@pytest.mark.icefloe(seed=*"])
    told = pytester.runpytest_subprocess("--fixtures").stdout
    told.fnmatch_lines(["icefloe_server*", "*A stand-in for Polar*"])
    told.fnmatch_lines(["icefloe --*", "*An organization of the test's own*"])


def test_failures_show_requests(run_beside: Run) -> None:
    """A test that fails shows what the application asked."""
    done = run_beside(
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
    done.assert_outcomes(failed=2)
    done.stdout.fnmatch_lines(
        ["*Requests to Icefloe*", "GET /v1/customers/?limit=3 → 200", "*test_without*"]
    )
    assert sum("Requests to Icefloe" in line for line in done.outlines) == 1
