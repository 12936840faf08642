"""Writes the tables of `docs/coverage.md`: what of Polar's API is here, and for which applications.

python -m scripts.coverage
"""

import re
import tomllib
from collections.abc import Iterator
from http import HTTPStatus
from importlib import resources
from pathlib import Path
from typing import get_args

from icefloe.api.endpoints import ROUTES
from icefloe.api.routing import Route
from icefloe.domain.values.events import CommerceEventType, EventType

_ROOT = Path(__file__).parents[1]
PAGE = _ROOT / "docs/coverage.md"
_FACTS = _ROOT / "tests/docs/applications.toml"
_TABLE = re.compile(r"(?ms)^\| .*?(?=^$|\Z)")


def render() -> str:
    """The page with its tables as they must be."""
    tables = iter(("\n".join(_make_applications()), "\n".join(_make_endpoints())))
    return _TABLE.sub(lambda _: next(tables) + "\n", PAGE.read_text("utf-8"))


def _make_applications() -> Iterator[str]:
    """The lines of the table of applications."""
    facts = tomllib.loads(_FACTS.read_text("utf-8"))
    sent = {*get_args(EventType), *get_args(CommerceEventType)}
    served = {f"{route.method} {route.path}" for route in ROUTES.routes if _is_served(route)}
    yield "| Application | Calls answered | Webhooks sent |"
    yield "|---|---|---|"
    for name, one in facts["applications"].items():
        absent = [call for call in one["calls"] if facts["endpoints"][call] not in served]
        unsent = [kind for kind in one["webhooks"] if kind not in sent]
        yield f"| {name} | {_count(one['calls'], absent)} | {_count(one['webhooks'], unsent)} |"


def _count(every: list[str], missing: list[str]) -> str:
    """How many there are, and which of them are missing."""
    if not every:
        return "none needed"
    if not missing:
        return f"all {len(every)}"
    names = ", ".join(f"`{name}`" for name in missing)
    return f"{len(every) - len(missing)} of {len(every)}, not {names}"


def _is_served(route: Route) -> bool:
    """Whether an endpoint is here; one that can only refuse, as the reference does, is."""
    return bool(route.statuses) or HTTPStatus.NOT_IMPLEMENTED not in route.errors


def _make_endpoints() -> Iterator[str]:
    """The lines of the table of endpoints."""
    absent = resources.files("icefloe.api").joinpath("absent_endpoints.txt").read_text("utf-8")
    rows = {
        (route.path, route.method): "yes" if _is_served(route) else "501"
        for route in ROUTES.routes
        if route.operation_id
    }
    for line in absent.splitlines():
        if not line.startswith("#"):
            method, path, *_ = line.split(" ")
            rows[path, method] = "501"
    yield "| Path | Method | Here |"
    yield "|---|---|---|"
    for (path, method), state in sorted(rows.items()):
        yield f"| `{path}` | {method} | {state} |"


if __name__ == "__main__":
    PAGE.write_text(render(), "utf-8")
