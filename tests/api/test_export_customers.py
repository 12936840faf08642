"""All customers as a table: `GET /v1/customers/export`."""

import csv
import io
import json
from collections.abc import Callable
from itertools import pairwise
from typing import Any
from uuid import uuid4

import httpx
import pytest

from api import writing
from api.writing import CUSTOMERS
from support import Organization, Server, ask_raw, new_customer

EXPORT = "/v1/customers/export"
HEADER = (
    "ID,External ID,Created At,Email,Name,Tax ID,Billing Address Line 1,Billing Address Line 2,"
    "Billing Address City,Billing Address State,Billing Address Zip,Billing Address Country,Metadata"
)


def rows(organization: Organization, query: str = "") -> list[dict[str, str]]:
    """What an export tells of each customer."""
    return list(csv.DictReader(io.StringIO(organization.get(f"{EXPORT}{query}").text, newline="")))


class TestExportCustomers:
    """`GET /v1/customers/export`."""

    def test_anonymous(self, organization: Organization) -> None:
        """Without a token nothing is exported."""
        answer = organization.get(EXPORT, token=None)

        assert (answer.status_code, answer.json()) == (401, writing.UNAUTHORIZED)

    def test_missing_scope(self, organization: Organization) -> None:
        """A token without a scope of customers is refused."""
        answer = organization.get(EXPORT, token=organization.token("members:read"))

        assert (answer.status_code, answer.json()["error"]) == (403, "insufficient_scope")

    def test_nobody(self, organization: Organization) -> None:
        """Without customers there is the line that names the columns."""
        answer = organization.get(EXPORT)

        assert (answer.status_code, answer.content) == (200, f"{HEADER}\r\n".encode())

    @pytest.mark.parametrize("scope", ["customers:read", "customers:write"])
    def test_valid(self, organization: Organization, scope: str) -> None:
        """Each customer is a line of CSV that ends in CR and LF, in a file to keep."""
        organization.keep(
            new_customer(
                id="3f2c1d60-1b2a-4c3d-8e4f-5a6b7c8d9e0f",
                created_at="2026-03-04T05:06:07.000089Z",
                email="ola@example.com",
                name="Nordmann, Ola",
                external_id='the "first"',
                tax_id=["911144442", "us_ein"],
                billing_address={
                    "country": "US",
                    "state": "US-WA",
                    "city": "Seattle",
                    "postal_code": "98101",
                    "line1": "1 Pier",
                    "line2": "Dock\n2",
                },
                metadata={"plan": "gøld", "seats": 5},
            )
        )

        answer = organization.get(EXPORT, token=organization.token(scope))

        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/csv; charset=utf-8"
        disposition = answer.headers["content-disposition"]
        assert disposition == 'attachment; filename="polar-customers.csv"'
        assert answer.headers["cache-control"] == "private, no-store"
        assert answer.headers["transfer-encoding"] == "chunked"
        assert answer.text == (
            f"{HEADER}\r\n"
            '3f2c1d60-1b2a-4c3d-8e4f-5a6b7c8d9e0f,"the ""first""",'
            '2026-03-04T05:06:07.000089+00:00,ola@example.com,"Nordmann, Ola",911144442,'
            '1 Pier,"Dock\n2",Seattle,US-WA,98101,US,'
            '"{""plan"": ""g\\u00f8ld"", ""seats"": 5}"\r\n'
        )

    def test_little_is_known(self, organization: Organization) -> None:
        """What is null or {} is an empty cell."""
        made = writing.make(organization, type="team", email=None, owner={"email": "o@sea.is"})

        assert rows(organization) == [
            {
                **dict.fromkeys(HEADER.split(","), ""),
                "ID": made["id"],
                "Created At": made["created_at"].removesuffix("Z") + "+00:00",
            }
        ]

    def test_everybody_in_order(self, organization: Organization) -> None:
        """Everybody is there once, by the moment they were made and then by id, over many batches."""
        kept = [
            new_customer(
                number,
                created_at=f"2026-01-01T00:00:{number * 7 % 3:02}Z",
                external_id=None,
                metadata={"number": number},
            )
            for number in range(1203)
        ]
        assert organization.keep(*kept).added == 1203
        gone = kept.pop(600)
        organization.request("DELETE", f"{CUSTOMERS}{gone['id']}")

        exported = rows(organization)

        ordered = sorted(kept, key=lambda one: (one["created_at"], one["id"]))
        assert [row["ID"] for row in exported] == [one["id"] for one in ordered]
        assert [json.loads(row["Metadata"]) for row in exported] == [
            one["metadata"] for one in ordered
        ]

    def test_organizations(self, organization: Organization, strangers: Organization) -> None:
        """Of the organizations that are named only the token's own has anybody to show."""
        made = writing.make(organization)
        own, other = organization.id, strangers.id

        for query, shown in (
            (f"?organization_id={own}", [made["id"]]),
            (f"?organization_id={other}&organization_id={own}", [made["id"]]),
            (f"?organization_id={other}", []),
            (f"?organization_id={uuid4()}", []),
            ("?email=nobody@sea.is&limit=0&active=maybe", [made["id"]]),
        ):
            assert [row["ID"] for row in rows(organization, query)] == shown

    def test_not_an_organization(self, organization: Organization) -> None:
        """What is no id of an organization is refused, in both readings."""
        answer = organization.get(f"{EXPORT}?organization_id=abc")

        kinds = [(place[:2], kind) for place, kind, _ in writing.problems(answer)]
        place = ["query", "organization_id"]
        assert kinds == [(place, "uuid_type"), (place, "uuid_parsing")]

    def test_what_was_exported_can_be_imported(
        self, organization: Organization, strangers: Organization
    ) -> None:
        """A row names the customer by the same id that the wire does."""
        made = writing.make(organization, metadata={"a": True})

        (row,) = rows(organization)

        assert organization.get(f"{CUSTOMERS}{row['ID']}").json() == made
        assert strangers.get(f"{CUSTOMERS}{row['ID']}").status_code == 404

    @pytest.mark.parametrize("origin", ["", "Origin: https://shop.example\r\n"], ids=["", "origin"])
    def test_what_fails_on_the_way(
        self,
        organization: Organization,
        server: Server,
        origin: str,
        break_document: Callable[[Organization], None],
    ) -> None:
        """An export that fails on its way ends before its end, and the log says so."""
        organization.keep(new_customer(1), new_customer(2))
        break_document(organization)

        answer = ask_raw(
            organization.url,
            f"GET {EXPORT} HTTP/1.1\r\nHost: here\r\nConnection: close\r\n{origin}"
            f"Authorization: Bearer {organization.token()}\r\n\r\n".encode(),
        )

        assert answer.startswith(b"HTTP/1.1 200 ")
        assert HEADER.encode() in answer
        assert not answer.endswith(b"0\r\n\r\n")
        server.wait_for_lines(lambda lines: _has_failure(lines, organization))
        with pytest.raises(httpx.RemoteProtocolError):
            organization.get(EXPORT)


def _has_failure(lines: list[dict[str, Any]], organization: Organization) -> bool:
    """Whether a log has the failure of an organization's export, and then the request as failed."""
    return any(
        (failure["event"], failure.get("error")) == ("an answer broke off", "JSONDecodeError")
        and (request.get("route"), request.get("status")) == (EXPORT, 500)
        and request["organization"] == str(organization.id)
        for failure, request in pairwise(lines)
    )
