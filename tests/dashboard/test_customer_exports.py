"""Exports from the dashboard: everybody whom a view of the list finds, in its order."""

import csv
import io
import re
from collections.abc import Callable, Iterator
from itertools import pairwise

import httpx
import pytest

from dashboard.customer_visits import Person, Visitor, lines_of, names_in, signed_in, text_of
from icefloe.exchange import csv_rows
from icefloe.services import Services
from support import Organization, Server, new_customer


@pytest.fixture(scope="module")
def person(server: Server, services: Services) -> Iterator[Person]:
    """Somebody who is signed in."""
    with signed_in(services, server.url) as found:
        yield found


@pytest.fixture
def visitor(person: Person, organization: Organization) -> Visitor:
    """The same, in the test's organization."""
    return person.enter(organization)


def test_ndjson_can_be_imported_again(visitor: Visitor) -> None:
    """What is exported, taken in again elsewhere, is the same; an owner's own values too."""
    given = [
        new_customer(1, metadata={"plan": "pro"}),
        new_customer(2, type="team", email=None, owner={"email": "o@example.com", "name": "O"}),
    ]
    visitor.organization.keep(*given)

    answer = visitor.get("export.ndjson")

    assert answer.headers["content-type"] == "application/x-ndjson"
    assert answer.headers["content-disposition"].endswith('.ndjson"')
    lines = lines_of(answer)
    assert [line["name"] for line in lines] == ["Customer 2", "Customer 1"]
    assert lines[0]["owner"]["email"] == "o@example.com"
    sent = visitor.send_file("again.ndjson", answer.content, on_conflict="update")
    assert "Replaced 2" in text_of(visitor.wait_for_import(sent))
    assert (
        visitor.wait_for_import(
            visitor.client.post(
                sent.headers["location"], data={"csrf": visitor.token, "action": "import"}
            )
        ).status_code
        == 200
    )
    assert visitor.get("export.ndjson").text == answer.text


def test_the_views_order_and_filter(visitor: Visitor) -> None:
    """The file has everybody on all pages of the view, whatever page it shows, and nobody else."""
    visitor.organization.keep(
        *(new_customer(n, metadata={"plan": "pro" if n % 2 else "free"}) for n in range(1300))
    )

    rows = list(csv.DictReader(io.StringIO(visitor.get("export.csv", sort="name", page=9).text)))
    some = lines_of(visitor.get("export.ndjson", q="customer12", metadata="plan=pro", sort="email"))

    assert tuple(rows[0]) == csv_rows.COLUMNS
    assert len(rows) == 1300
    first = names_in(visitor.get(sort="name", size=100))
    assert [row["Name"] for row in rows[:100]] == first
    assert [one["name"] for one in some] == names_in(
        visitor.get(q="customer12", metadata="plan=pro", sort="email", size=100)
    )


def test_nobody(visitor: Visitor) -> None:
    """Where nobody is found, a CSV has its columns and an NDJSON no line."""
    assert visitor.get("export.csv").text == csv_rows.render_header()
    assert visitor.get("export.ndjson").text == ""
    assert visitor.get("export.ndjson", q="\0").status_code == 200


def test_csv_is_data(visitor: Visitor) -> None:
    """A value that a spreadsheet would compute stays as it is, as in the API's own export."""
    formula = '=HYPERLINK("https://elsewhere.example";"Ada")'
    visitor.organization.keep(new_customer(1, name=formula, external_id="@ada"))

    (row,) = csv.DictReader(io.StringIO(visitor.get("export.csv").text))

    assert (row["Name"], row["External ID"]) == (formula, "@ada")


def test_for_excel(visitor: Visitor) -> None:
    """A spreadsheet knows the file as UTF-8, and computes no cell of it; plain CSV is as it is."""
    visitor.organization.keep(new_customer(1, name='=HYPERLINK("http://x.example")'))

    answer = visitor.get("export.excel.csv", q="customer1")

    assert answer.content.startswith(b"\xef\xbb\xbfID,External ID,")
    assert answer.headers["content-disposition"].endswith('.excel.csv"')
    (row,) = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert row["Name"] == '\'=HYPERLINK("http://x.example")'
    (plain,) = csv.DictReader(io.StringIO(visitor.get("export.csv").text))
    assert plain["Name"] == row["Name"][1:]
    assert "export.excel.csv?q=customer1" in visitor.get(q="customer1").text


@pytest.mark.parametrize("ending", ["csv", "ndjson"])
def test_what_fails_on_the_way(
    visitor: Visitor, server: Server, ending: str, break_document: Callable[[Organization], None]
) -> None:
    """A file that fails on its way ends before its end, and the log says so."""
    visitor.organization.keep(*(new_customer(number) for number in range(1_300)))
    break_document(visitor.organization)

    # The last on the list by name would be some other.
    with pytest.raises(httpx.RemoteProtocolError):
        visitor.get(f"export.{ending}", sort="created_at")

    route = f"/dashboard/{{slug}}/customers/export.{ending}"
    organization = str(visitor.organization.id)
    server.wait_for_lines(
        lambda lines: any(
            failure["event"] == "an answer broke off"
            and (request.get("route"), request.get("status")) == (route, 500)
            and request["organization"] == organization
            for failure, request in pairwise(lines)
        )
    )


def test_the_overview_counts_what_failed(
    visitor: Visitor, break_document: Callable[[Organization], None]
) -> None:
    """The API's export that failed on its way is among the requests of the hour, as a failure."""
    visitor.organization.keep(new_customer(1))
    break_document(visitor.organization)
    with pytest.raises(httpx.RemoteProtocolError):
        visitor.organization.get("/v1/customers/export")

    overview = text_of(visitor.client.get(f"/dashboard/{visitor.slug}"))

    assert re.search(r"GET /v1/customers/export [a-z ]+ 500 ", overview), overview
