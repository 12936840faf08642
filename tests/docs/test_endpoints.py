"""`docs/endpoints.md` against the routing table."""

import pytest

from docs import pages
from icefloe.api import versions
from icefloe.api.endpoints import ROUTES
from icefloe.api.routing import Route

PAGE = "docs/endpoints.md"
_METHODS = {"DELETE", "GET", "PATCH", "POST", "PUT"}


@pytest.fixture(scope="module")
def rows() -> dict[tuple[str, str], list[str]]:
    """The rows about endpoints, by method and path."""
    found = pages.find_rows(pages.read(PAGE))
    return {(row[0], row[1].strip("`")): row[2:] for row in found if row[0] in _METHODS}


def test_names(rows: dict[tuple[str, str], list[str]]) -> None:
    """Every endpoint has a row, and every row is an endpoint."""
    assert sorted(rows) == sorted((route.method, route.path) for route in ROUTES.routes)


@pytest.mark.parametrize("route", ROUTES.routes, ids=lambda route: f"{route.method} {route.path}")
def test_row(rows: dict[tuple[str, str], list[str]], route: Route) -> None:
    """An endpoint's row has its scopes, the statuses of its answers and those of its own errors."""
    scopes, answers, errors = rows[route.method, route.path]
    assert pages.find_code(scopes) == list(route.scopes or ())
    assert answers == ", ".join(map(str, route.statuses))
    assert errors == ", ".join(map(str, route.errors))


def test_versions() -> None:
    """The versions that are described and those that can be asked for are named."""
    text = pages.read(PAGE)
    for version in versions.DESCRIBED_VERSIONS:
        assert f"`{version}`" in text
    common = pages.find_sections(PAGE)["What all have in common"]
    (line,) = (line for line in common.splitlines() if "`Polar-Version` in a request" in line)
    assert [code for code in pages.find_code(line) if code[0] == "2"] == list(versions.VERSIONS)


def test_aliases() -> None:
    """Paths that work without their last slash are named."""
    named = pages.find_code(pages.find_sections(PAGE)["What all have in common"])
    for route in ROUTES.routes:
        assert set(route.aliases) <= set(named)
