"""The pytest plugin: the fixtures `icefloe_server` and `icefloe`, and the marker `icefloe`.

pytest loads it in every project where this package is installed, so nothing is imported before a test
uses it.
"""

import os
import sys
from collections.abc import Callable, Generator, Iterable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from icefloe.testing.organization import Organization
    from icefloe.testing.server import Server

_MARKER = (
    "icefloe(seed=…, now=…, strict=…, contract=…, scopes=…, name=…): how the `icefloe` fixture makes"
    " the test's organization"
)
_MARKED = ("seed", "now", "strict", "contract", "scopes", "name")


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--icefloe-url`, and what a project's settings may say."""
    parser.getgroup("icefloe", "a stand-in for Polar").addoption(
        "--icefloe-url",
        metavar="URL",
        help="use the server at this URL, with the key in ICEFLOE_CONTROL_KEY, and start none",
    )
    parser.addini("icefloe_url", "the server to use, and to start none; ICEFLOE_URL says it too")
    parser.addini(
        "icefloe_options",
        "more options of `icefloe serve` for the server that is started",
        "args",
        [],
    )


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line("markers", _MARKER)


def pytest_unconfigure() -> None:
    """Stop the server, if any test has used one."""
    used = sys.modules.get("icefloe.testing.server")
    if used is not None:
        used.stop_shared()


@pytest.fixture(scope="session")
def icefloe_server(request: pytest.FixtureRequest) -> "Server":
    """A stand-in for Polar that all tests of this process share, on a free port; stopped at the end."""
    from icefloe.testing import server  # noqa: PLC0415 - see above

    config = request.config
    url = config.getoption("icefloe_url") or os.environ.get(server.URL_VARIABLE)
    return server.shared(url or config.getini("icefloe_url"), *config.getini("icefloe_options"))


@pytest.fixture
def icefloe(request: pytest.FixtureRequest, icefloe_server: "Server") -> "Iterator[Organization]":
    """An organization of the test's own on the stand-in, with a token; removed after the test."""
    with icefloe_server.new_organization(**_read_markers(request.node)) as organization:
        yield organization


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show with a failure what the application asked of its organization, and what it was sent."""
    report = yield
    if report.when == "call" and report.failed:
        organization = _find_organization(item)
        if organization is not None:
            sections: dict[str, Callable[[], Iterable[object]]] = {
                "Requests to Icefloe": lambda: organization.requests
            }
            if organization.has_webhooks:
                sections["Webhooks from Icefloe"] = lambda: organization.webhooks.deliveries
            for title, read in sections.items():
                told = _tell(read)
                if told:
                    report.sections.append((title, told))
    return report


def _find_organization(item: pytest.Item) -> "Organization | None":
    """The organization of a test; None if it has none."""
    if "icefloe.testing.organization" not in sys.modules:
        return None
    from icefloe.testing import Organization  # noqa: PLC0415 - see above

    organization = getattr(item, "funcargs", {}).get("icefloe")
    return organization if isinstance(organization, Organization) else None


def _tell(read: Callable[[], Iterable[object]]) -> str:
    """What there is to read, a line each; or why it cannot be read."""
    from icefloe.testing import StandInError  # noqa: PLC0415 - see above

    try:
        return "\n".join(map(str, read()))
    except StandInError as error:
        return str(error)


def _read_markers(node: pytest.Item) -> dict[str, Any]:
    """What the markers of a test say; the nearest wins."""
    said: dict[str, Any] = {}
    for marker in node.iter_markers("icefloe"):
        unknown = [repr(name) for name in marker.kwargs if name not in _MARKED]
        if marker.args or unknown:
            what = f"has no {' and no '.join(unknown)}" if unknown else "takes names only"
            pytest.fail(f"the marker icefloe {what}; it knows {', '.join(_MARKED)}", pytrace=False)
        said = {**marker.kwargs, **said}
    return said
