"""Moments in requests: the calendar's first and last, which other zones reach beyond."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from api.commerce import asking
from icefloe.api.versions import VERSIONS
from support import Organization

EARLY, LATE = "0001-01-01T00:01:00+00:03", "9999-12-31T23:59:00-00:03"
OTHERS = "interval=day&" + "&".join(
    f"{name}=2026-05-01T00:00:00Z" for name in ("start", "end", "start_timestamp", "end_timestamp")
)


def _is_moment(schema: dict[str, Any]) -> bool:
    return any(one.get("format") == "date-time" for one in (schema, *schema.get("anyOf", ())))


def find_parameters(organization: Organization) -> Iterator[tuple[str, str]]:
    """The path of each GET that takes a moment in its query string, and the parameter's name."""
    document = organization.get(f"/{VERSIONS[-1]}/openapi.json", token=None).json()
    for path, methods in document["paths"].items():
        for parameter in methods.get("get", {}).get("parameters", ()):
            if _is_moment(parameter["schema"]):
                yield path, parameter["name"]


@pytest.mark.parametrize("moment", [EARLY, LATE])
def test_query_strings(organization: Organization, moment: str) -> None:
    """A moment that is in no year of UTC is one like any other, or is refused."""
    meter = asking.make_meter(organization)
    found = list(find_parameters(organization))
    for path, name in found:
        place = path.format(id=meter["id"])
        # The last of two values counts.
        query = f"organization_id={organization.id}&{OTHERS}&{name}={quote(moment)}"
        answer = organization.get(f"{place}?{query}")

        assert answer.status_code in {200, 422}, (path, name, answer.text)
    assert len(found) >= 10


def test_events(organization: Organization) -> None:
    """An event of the calendar's first minutes is refused, or listed as any other."""
    event = {"name": "call", "external_customer_id": "ada", "timestamp": EARLY}

    answer = organization.request("POST", "/v1/events/ingest", body={"events": [event]})

    assert answer.status_code == 422, organization.get("/v1/events/").text
