"""Customer meters, and quantities: `/v1/customer-meters/` and `/v1/meters/{id}/quantities`."""

from collections.abc import Callable
from typing import Any

import pytest

from api.commerce.asking import (
    EMPTY,
    INSUFFICIENT_SCOPE,
    NOBODY,
    find_items,
    make_meter,
)
from api.commerce.test_events import CALL, ada, ingest
from api.writing import NOT_FOUND, UNAUTHORIZED
from support import Organization

CUSTOMER_METERS = "/v1/customer-meters/"
KEYS = [
    "id", "created_at", "modified_at", "customer_id", "meter_id", "consumed_units",
    "credited_units", "balance", "customer", "meter",
]  # fmt: skip
MAY = "start_timestamp=2026-05-01T00:00:00Z&end_timestamp=2026-05-03T00:00:00Z"


@pytest.fixture
def used(organization: Organization) -> dict[str, Any]:
    """A meter of which one customer has used three, and another that counts nothing."""
    ada(organization)
    meter = make_meter(organization, "Calls")
    make_meter(organization, "Idle", filter={
        "conjunction": "and",
        "clauses": [{"property": "name", "operator": "eq", "value": "idle"}],
    })  # fmt: skip
    ingest(organization, *[CALL | {"timestamp": f"2026-05-0{day}T12:00:00Z"} for day in (1, 1, 2)])
    return meter


class TestListCustomerMeters:
    """`GET /v1/customer-meters/`."""

    def test_anonymous(self, organization: Organization) -> None:
        """Without a token nothing is listed."""
        assert organization.get(CUSTOMER_METERS, token=None).json() == UNAUTHORIZED

    def test_missing_scope(self, organization: Organization) -> None:
        """The scopes of meters list no customer's."""
        token = organization.token("meters:read", "meters:write")
        answer = organization.get(CUSTOMER_METERS, token=token)

        assert (answer.status_code, answer.json()["error"]) == (403, INSUFFICIENT_SCOPE)
        assert 'scope="customer_meters:read"' in answer.headers["www-authenticate"]

    def test_of_another_organization(
        self,
        organization: Organization,
        make_organization: Callable[[], Organization],
        used: dict[str, Any],
    ) -> None:
        """Another organization's are not listed, by its identifier neither."""
        other = make_organization()

        for query in ("", f"?organization_id={organization.id}", f"?meter_id={used['id']}"):
            assert other.get(CUSTOMER_METERS + query).json() == EMPTY

    @pytest.mark.parametrize("version", ["2026-04", "2026-10"])
    def test_valid(self, organization: Organization, used: dict[str, Any], version: str) -> None:
        """What was used is there at once, with the customer and the meter; zeros too."""
        idle, calls = find_items(
            organization.get(CUSTOMER_METERS, headers={"Polar-Version": version})
        )

        assert list(calls) == KEYS
        assert (calls["consumed_units"], calls["credited_units"], calls["balance"]) == (3, 0, -3)
        assert calls["meter"] == used
        assert calls["customer"]["external_id"] == "u1"
        assert calls["modified_at"] == calls["created_at"]
        assert (idle["consumed_units"], idle["modified_at"]) == (0, None)

    @pytest.mark.usefixtures("used")
    def test_filters(self, organization: Organization, used: dict[str, Any]) -> None:
        """Each parameter narrows the list, and each order orders it."""
        [calls] = find_items(organization.get(f"{CUSTOMER_METERS}?meter_id={used['id']}"))
        for query, names in (
            (f"customer_id={calls['customer_id']}&sorting=meter_name", ["Calls", "Idle"]),
            (f"customer_id={NOBODY}", []),
            ("external_customer_id=u1&sorting=-meter_name", ["Idle", "Calls"]),
            ("external_customer_id=u2", []),
            ("sorting=balance", ["Calls", "Idle"]),
            ("sorting=consumed_units", ["Idle", "Calls"]),
            ("sorting=credited_units&sorting=-consumed_units", ["Calls", "Idle"]),
            ("sorting=customer_name&sorting=customer_id&sorting=created_at", ["Calls", "Idle"]),
            ("sorting=modified_at", ["Calls", "Idle"]),
            ("page=2&limit=1&sorting=meter_name", ["Idle"]),
        ):
            answer = organization.get(f"{CUSTOMER_METERS}?{query}")
            assert [one["meter"]["name"] for one in find_items(answer)] == names, query

    def test_malformed_parameters(self, organization: Organization) -> None:
        """A parameter of the wrong form is named; an id in both of its readings."""
        found = organization.get(f"{CUSTOMER_METERS}?meter_id=x&sorting=x").json()["detail"]

        assert [one["type"] for one in found] == ["uuid_type", "uuid_parsing", "enum"]

    def test_deleted_customer(self, organization: Organization, used: dict[str, Any]) -> None:
        """A deleted customer has no meters; its events stay."""
        [calls] = find_items(organization.get(f"{CUSTOMER_METERS}?meter_id={used['id']}"))
        organization.request("DELETE", f"/v1/customers/{calls['customer_id']}")

        assert organization.get(CUSTOMER_METERS).json() == EMPTY
        assert organization.get(CUSTOMER_METERS + calls["id"]).json() == NOT_FOUND
        assert len(find_items(organization.get("/v1/events/"))) == 3


class TestGetCustomerMeter:
    """`GET /v1/customer-meters/{id}`."""

    def test_missing_scope(self, organization: Organization) -> None:
        """The scopes of meters show no customer's."""
        answer = organization.get(CUSTOMER_METERS + NOBODY, token=organization.token("meters:read"))

        assert (answer.status_code, answer.json()["error"]) == (403, INSUFFICIENT_SCOPE)

    @pytest.mark.usefixtures("used")
    def test_not_found(
        self, organization: Organization, make_organization: Callable[[], Organization]
    ) -> None:
        """An unknown one, and another organization's, is not found."""
        found = find_items(organization.get(CUSTOMER_METERS))[0]

        for asked, own_id in ((organization, NOBODY), (make_organization(), found["id"])):
            answer = asked.get(CUSTOMER_METERS + own_id)
            assert (answer.status_code, answer.json()) == (404, NOT_FOUND)

    @pytest.mark.usefixtures("used")
    def test_valid(self, organization: Organization) -> None:
        """One is shown as in lists."""
        for found in find_items(organization.get(CUSTOMER_METERS)):
            assert organization.get(CUSTOMER_METERS + found["id"]).json() == found


class TestGetQuantities:
    """`GET /v1/meters/{id}/quantities`."""

    def test_missing_scope(self, organization: Organization) -> None:
        """The scope of customer meters shows no quantities."""
        answer = organization.get(
            f"/v1/meters/{NOBODY}/quantities", token=organization.token("customer_meters:read")
        )

        assert (answer.status_code, answer.json()["error"]) == (403, INSUFFICIENT_SCOPE)

    def test_not_found(
        self, make_organization: Callable[[], Organization], used: dict[str, Any]
    ) -> None:
        """An unknown meter, and another organization's, is not found."""
        for meter_id in (NOBODY, used["id"]):
            answer = make_organization().get(f"/v1/meters/{meter_id}/quantities?{MAY}&interval=day")
            assert (answer.status_code, answer.json()) == (404, NOT_FOUND)

    def test_valid(self, organization: Organization, used: dict[str, Any]) -> None:
        """Each period has its quantity, in order, zeros included; and there is a total."""
        path = f"/v1/meters/{used['id']}/quantities?{MAY}"
        by_day = organization.get(f"{path}&interval=day").json()

        assert by_day == {
            "quantities": [
                {"timestamp": "2026-05-01T00:00:00Z", "quantity": 2.0},
                {"timestamp": "2026-05-02T00:00:00Z", "quantity": 1.0},
                {"timestamp": "2026-05-03T00:00:00Z", "quantity": 0.0},
            ],
            "total": 3.0,
        }
        for query, quantities in (
            ("interval=day&timezone=Asia/Tokyo", [2, 1, 0]),
            ("interval=month", [3]),
            ("interval=day&external_customer_id=u1", [2, 1, 0]),
            (f"interval=day&customer_id={NOBODY}", [0, 0, 0]),
            ("interval=day&customer_aggregation_function=max", [2, 1, 0]),
            ("interval=month&metadata[x]=1", [0]),
        ):
            found = organization.get(f"{path}&{query}").json()["quantities"]
            assert [one["quantity"] for one in found] == quantities, query

    def test_malformed_parameters(self, organization: Organization, used: dict[str, Any]) -> None:
        """What is missing or wrong is named; so is a range with too many periods."""
        path = f"/v1/meters/{used['id']}/quantities"
        for query, places in (
            ("", [["query", "start_timestamp"], ["query", "end_timestamp"], ["query", "interval"]]),
            (f"{MAY}&interval=x", [["query", "interval"]]),
            (f"{MAY}&interval=day&timezone=Mars/Base", [["query", "timezone"]]),
            ("start_timestamp=2026-01-01T00:00:00&end_timestamp=2026-01-01T00:00:00Z&interval=day",
             [["query", "start_timestamp"]]),
            ("start_timestamp=0001-01-01T00:00:00Z&end_timestamp=9999-01-01T00:00:00Z&interval=hour",
             [["query", "interval"]]),
            (f"{MAY}&interval=day&customer_aggregation_function=x",
             [["query", "customer_aggregation_function"]]),
        ):  # fmt: skip
            answer = organization.get(f"{path}?{query}")
            assert answer.status_code == 422, query
            assert [one["loc"] for one in answer.json()["detail"]] == places, query
