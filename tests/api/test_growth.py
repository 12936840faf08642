"""How many customers there have been over time: `GET /v1/customers/growth`."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from api import writing
from api.writing import CUSTOMERS
from support import Organization, new_customer

GROWTH = "/v1/customers/growth"
TOO_SMALL = (
    "The interval is too small for the given date range."
    " Use a larger interval or reduce the date range."
)
MOMENTS = [
    "2026-01-01T00:00:00Z",
    "2026-01-01T23:59:59.999999Z",
    "2026-01-04T12:00:00Z",
    "2026-03-31T12:00:00Z",
    "2027-01-01T00:00:00Z",
]


def ask(
    organization: Organization, start: str, end: str, interval: str, **options: Any
) -> httpx.Response:
    """Ask for the growth of the organization's own customers."""
    params = {
        "organization_id": str(organization.id),
        "start": start,
        "end": end,
        "interval": interval,
    }
    return organization.get(GROWTH, params=params, **options)


def counts(answer: httpx.Response) -> list[tuple[str, int, int]]:
    """When each interval begins, how many came in it, and how many there were then."""
    assert answer.status_code == 200, answer.text
    return [
        (point["timestamp"], point["new_customers"], point["total_customers"])
        for point in answer.json()
    ]


@pytest.fixture
def grown(organization: Organization) -> Organization:
    """An organization whose customers were made at `MOMENTS`."""
    organization.keep(
        *(new_customer(number, created_at=moment) for number, moment in enumerate(MOMENTS))
    )
    return organization


class TestGetGrowth:
    """`GET /v1/customers/growth`."""

    def test_anonymous(self, organization: Organization) -> None:
        """Without a token nothing is counted."""
        answer = organization.get(GROWTH, token=None)

        assert (answer.status_code, answer.json()) == (401, writing.UNAUTHORIZED)

    def test_missing_scope(self, organization: Organization) -> None:
        """A token without a scope of customers is refused."""
        answer = organization.get(GROWTH, token=organization.token("members:read"))

        assert (answer.status_code, answer.json()["error"]) == (403, "insufficient_scope")

    def test_of_another_organization(
        self, organization: Organization, strangers: Organization
    ) -> None:
        """Another organization's customers are not counted, nor those of one that is not there."""
        for other in (strangers.id, uuid4()):
            params = {
                "organization_id": str(other),
                "start": "2026-01-01",
                "end": "2026-01-02",
                "interval": "day",
            }
            answer = organization.get(GROWTH, params=params)

            assert (answer.status_code, answer.json()) == (
                403,
                {
                    "error": "NotPermitted",
                    "detail": "You don't have permission to view customers",
                },
            )

    @pytest.mark.parametrize("scope", ["customers:read", "customers:write"])
    def test_valid(self, grown: Organization, scope: str) -> None:
        """There is a point for each day from the first to the last, those without news too."""
        answer = ask(grown, "2026-01-01T18:00:00Z", "2026-01-04", "day", token=grown.token(scope))

        assert answer.headers["content-type"] == "application/json"
        assert answer.json() == [
            {"timestamp": "2026-01-01T00:00:00Z", "new_customers": 2, "total_customers": 2},
            {"timestamp": "2026-01-02T00:00:00Z", "new_customers": 0, "total_customers": 2},
            {"timestamp": "2026-01-03T00:00:00Z", "new_customers": 0, "total_customers": 2},
            {"timestamp": "2026-01-04T00:00:00Z", "new_customers": 1, "total_customers": 3},
        ]

    def test_hours(self, grown: Organization) -> None:
        """Intervals can be hours."""
        assert counts(ask(grown, "2026-01-01T22:30:00Z", "2026-01-02T00:00:00Z", "hour")) == [
            ("2026-01-01T22:00:00Z", 0, 1),
            ("2026-01-01T23:00:00Z", 1, 2),
            ("2026-01-02T00:00:00Z", 0, 2),
        ]

    def test_weeks(self, grown: Organization) -> None:
        """Weeks begin on Monday."""
        assert counts(ask(grown, "2026-01-04T00:00:00Z", "2026-01-05T00:00:00Z", "week")) == [
            ("2025-12-29T00:00:00Z", 3, 3),
            ("2026-01-05T00:00:00Z", 0, 3),
        ]

    def test_months(self, grown: Organization) -> None:
        """Months are as long as they are."""
        assert counts(ask(grown, "2026-01-31T00:00:00Z", "2026-03-01T00:00:00Z", "month")) == [
            ("2026-01-01T00:00:00Z", 3, 3),
            ("2026-02-01T00:00:00Z", 0, 3),
            ("2026-03-01T00:00:00Z", 1, 4),
        ]

    def test_years(self, grown: Organization) -> None:
        """Whoever is made as a year begins belongs to it."""
        assert counts(ask(grown, "2025-06-01T00:00:00Z", "2027-06-01T00:00:00Z", "year")) == [
            ("2025-01-01T00:00:00Z", 0, 0),
            ("2026-01-01T00:00:00Z", 4, 4),
            ("2027-01-01T00:00:00Z", 1, 5),
        ]

    def test_deleted(self, grown: Organization) -> None:
        """A deleted customer was never one."""
        (gone,) = grown.get(f"{CUSTOMERS}?email=customer0@example.com").json()["items"]
        grown.request("DELETE", f"{CUSTOMERS}{gone['id']}")

        assert counts(ask(grown, "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z", "day")) == [
            ("2026-01-01T00:00:00Z", 1, 1)
        ]

    @pytest.mark.parametrize(
        ("start", "end"),
        [
            ("2026-01-02T01:30:00+02:00", "2026-01-02T01:30:00+02:00"),
            ("2026-01-01T18:30:00-05:00", "2026-01-01T18:59:00-05:00"),
            ("1767310200", "1767311940"),
        ],
    )
    def test_offsets(self, grown: Organization, start: str, end: str) -> None:
        """Moments may be in any time zone, or seconds since 1970; intervals are in UTC."""
        assert counts(ask(grown, start, end, "hour")) == [("2026-01-01T23:00:00Z", 1, 2)]

    @pytest.mark.parametrize("end", ["2026-01-01", "2026-01-01T23:59:59", "2026-01-01T23:59:59Z"])
    @pytest.mark.parametrize("start", ["2026-01-01", "2026-01-01T00:00:00"])
    def test_without_offset(self, grown: Organization, start: str, end: str) -> None:
        """A start without an offset is in UTC, and then the answer's times have no offset either."""
        assert counts(ask(grown, start, end, "day")) == [("2026-01-01T00:00:00", 2, 2)]

    @pytest.mark.parametrize(
        ("interval", "end", "points"),
        [
            ("hour", "2026-01-08T00:00:00Z", 169),
            ("day", "2027-01-02T00:00:00Z", 367),
            ("week", "2027-01-07T00:00:00Z", 54),
            ("month", "2029-12-31T00:00:00Z", 48),
            ("year", "2035-12-30T00:00:00Z", 10),
        ],
    )
    def test_longest(
        self, organization: Organization, interval: str, end: str, points: int
    ) -> None:
        """A range may be 7 days of hours, 366 days, 371 of weeks, 1,460 of months, 3,650 of years."""
        start = "2026-01-01T00:00:00Z"

        answer = ask(organization, start, end, interval)
        refused = ask(organization, start, end.replace("00Z", "01Z"), interval)

        assert len(counts(answer)) == points
        assert refused.json() == {
            "error": "PolarRequestValidationError",
            "detail": [
                {
                    "type": "value_error",
                    "loc": ["query", "interval"],
                    "msg": TOO_SMALL,
                    "input": interval,
                }
            ],
        }

    def test_backwards(self, organization: Organization) -> None:
        """A range does not end before it begins."""
        answer = ask(organization, "2026-01-02T00:00:00Z", "2026-01-01T23:59:59Z", "day")

        assert writing.problems(answer) == [(["query", "interval"], "value_error", TOO_SMALL)]

    @pytest.mark.parametrize(
        ("moment", "interval"),
        [
            ("9999-12-31T00:00:00Z", "hour"),
            ("9999-12-31T00:00:00Z", "day"),
            ("9999-12-31T00:00:00Z", "week"),
            ("9999-12-31T00:00:00Z", "month"),
            ("9999-12-31T00:00:00Z", "year"),
            ("0001-01-01T00:00:00+14:00", "day"),
            ("9999-12-31T23:00:00-14:00", "day"),
        ],
    )
    def test_the_ends_of_time(self, organization: Organization, moment: str, interval: str) -> None:
        """A range beyond what a calendar has is a client's mistake, or an answer: never a fault."""
        answer = ask(organization, moment, moment, interval)

        if answer.status_code != 200:
            words = "The date range reaches beyond the years 1 to 9999."
            assert writing.problems(answer) == [(["query", "interval"], "value_error", words)]

    def test_the_first_year(self, organization: Organization) -> None:
        """Years have four digits, the first ones too."""
        answer = ask(organization, "0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "year")

        assert counts(answer) == [("0001-01-01T00:00:00Z", 0, 0)]

    def test_nothing_given(self, organization: Organization) -> None:
        """All four parameters are needed, and each that is missing is told."""
        answer = organization.get(GROWTH)

        assert answer.json()["detail"] == [
            {"type": "missing", "loc": ["query", name], "msg": "Field required", "input": None}
            for name in ("organization_id", "start", "end", "interval")
        ]

    @pytest.mark.parametrize(
        ("name", "value", "kind"),
        [
            ("organization_id", "abc", "uuid_parsing"),
            ("start", "soon", "datetime_from_date_parsing"),
            ("end", "2026-13-01", "datetime_from_date_parsing"),
            ("interval", "decade", "enum"),
            ("interval", "", "enum"),
        ],
    )
    def test_form(self, organization: Organization, name: str, value: str, kind: str) -> None:
        """Each parameter has its form."""
        params = {
            "organization_id": str(organization.id),
            "start": "2026-01-01",
            "end": "2026-01-02",
            "interval": "day",
            name: value,
        }

        answer = organization.get(GROWTH, params=params)

        ((place, found, _),) = writing.problems(answer)
        assert (place, found) == (["query", name], kind)
