"""How long texts may be: the same whichever way they come in."""

import json
from typing import Any

import pytest

from api import writing
from dashboard import over_http
from icefloe.api.schemas.problems import MAX_PROBLEMS, MAX_SHOWN
from icefloe.api.schemas.queries import MAX_PAIRS
from icefloe.domain.values import limits
from icefloe.exchange.records import read_entry
from support import Organization

CUSTOMERS = "/v1/customers/"
ADDRESS = {"country": "FR"}
# Each text, its limit, and the body that has it.
TEXTS: dict[str, tuple[int, Any]] = {
    "name": (limits.MAX_NAME, lambda text: {"name": text}),
    "external_id": (limits.MAX_EXTERNAL_ID, lambda text: {"external_id": text}),
    "line1": (limits.MAX_ADDRESS_LINE, lambda text: _address(line1=text)),
    "line2": (limits.MAX_ADDRESS_LINE, lambda text: _address(line2=text)),
    "city": (limits.MAX_ADDRESS_LINE, lambda text: _address(city=text)),
    "postal_code": (limits.MAX_ADDRESS_CODE, lambda text: _address(postal_code=text)),
    "state": (limits.MAX_ADDRESS_CODE, lambda text: _address(state=text)),
}
_TEXTS = pytest.mark.parametrize("name", TEXTS)


def _address(**values: str) -> dict[str, Any]:
    return {"billing_address": {**ADDRESS, **values}}


class TestApi:
    """Bodies of requests."""

    @_TEXTS
    def test_create(self, organization: Organization, name: str) -> None:
        """A text as long as it may be is stored; a longer one is refused with the limit."""
        most, body_of = TEXTS[name]

        made = writing.create(organization, **body_of("ø" * most))
        refused = writing.create(organization, **body_of("ø" * (most + 1)))

        assert made.status_code == 201
        (problem,) = refused.json()["detail"]
        assert (problem["type"], problem["loc"][-1]) == ("string_too_long", name)
        assert problem["ctx"] == {"max_length": most}

    @_TEXTS
    def test_change(self, organization: Organization, name: str) -> None:
        """A change has the same limits."""
        most, body_of = TEXTS[name]
        made = writing.make(organization)

        refused = organization.request(
            "PATCH", f"{CUSTOMERS}{made['id']}", body=body_of("x" * (most + 1))
        )

        assert refused.json()["detail"][0]["type"] == "string_too_long"

    def test_named_by_the_path(self, organization: Organization) -> None:
        """So has the external id in a path that makes a customer."""
        path = f"{CUSTOMERS}external/{'x' * (limits.MAX_EXTERNAL_ID + 1)}"

        refused = organization.request("PUT", path, body={"email": "ada@example.com"})

        (problem,) = refused.json()["detail"]
        assert (problem["type"], problem["loc"]) == ("string_too_long", ["path", "external_id"])
        assert problem["input"] == "x" * MAX_SHOWN + "…"

    def test_members(self, organization: Organization) -> None:
        """So have members."""
        team = writing.make(organization, type="team")
        body = {
            "email": "bo@example.com",
            "name": "x" * (limits.MAX_NAME + 1),
            "external_id": "x" * (limits.MAX_EXTERNAL_ID + 1),
        }

        refused = organization.request("POST", f"{CUSTOMERS}{team['id']}/members", body=body)

        kinds = [(problem["type"], problem["loc"]) for problem in refused.json()["detail"]]
        assert kinds == [
            ("string_too_long", ["body", "name"]),
            ("string_too_long", ["body", "external_id"]),
        ]

    @pytest.mark.parametrize("name", ["tax_id", "locale"])
    def test_coded(self, organization: Organization, name: str) -> None:
        """A tax number or a locale that is too long is refused before it is judged."""
        refused = writing.create(organization, billing_address=ADDRESS, **{name: "1" * 101})

        assert refused.json()["detail"][0]["type"] == "string_too_long"

    @pytest.mark.parametrize("count", [51, 101])
    def test_metadata(self, organization: Organization, count: int) -> None:
        """Too many entries of metadata are counted."""
        metadata = {f"k{at}": at for at in range(count)}

        (problem,) = writing.create(organization, metadata=metadata).json()["detail"]

        assert problem["msg"] == (
            f"Dictionary should have at most 50 items after validation, not {count}"
        )

    def test_problems(self, organization: Organization) -> None:
        """An answer tells of a hundred problems at most."""
        metadata = {f"k{at}": None for at in range(100)}

        refused = writing.create(organization, metadata=metadata)

        assert len(refused.json()["detail"]) == MAX_PROBLEMS

    def test_parameters(self, organization: Organization) -> None:
        """A query string with more parameters than are read is refused as a whole."""
        pairs = [("organization_id", "x")] * MAX_PROBLEMS
        pairs += [("page", "1")] * (MAX_PAIRS - MAX_PROBLEMS)
        most = organization.get(CUSTOMERS, params=pairs)
        many = organization.get(CUSTOMERS, params=[*pairs, ("page", "1")])

        (problem,) = many.json()["detail"]
        assert (problem["type"], problem["loc"]) == ("too_long", ["query"])
        assert len(most.json()["detail"]) == MAX_PROBLEMS

    def test_identifiers(self, organization: Organization) -> None:
        """Of many malformed identifiers an answer tells of the first, by their places."""
        given = [str(organization.id)] * 5 + ["x"] * MAX_PROBLEMS * 2

        refused = organization.get(CUSTOMERS, params={"organization_id": given})

        as_one, *others = refused.json()["detail"]
        assert as_one["input"] == given
        assert [problem["loc"][-1] for problem in others] == list(range(5, 5 + MAX_PROBLEMS - 1))


class TestElsewhere:
    """The other ways in."""

    @_TEXTS
    def test_records(self, name: str) -> None:
        """A record of a file, a seed or the control API has the same limits."""
        most, body_of = TEXTS[name]

        right = read_entry("line 1", {"email": "a@b.com", **body_of("ø" * most)})
        wrong = read_entry("line 1", {"email": "a@b.com", **body_of("ø" * (most + 1))})

        assert right.problem is None
        assert f"at most {most} characters" in str(wrong.problem)

    def test_deleted_customers(self) -> None:
        """Metadata of a record may hold the external id that a deleted customer had."""
        noted = {"__external_id": "x" * limits.MAX_EXTERNAL_ID}

        assert read_entry("line 1", {"email": "a@b.com", "metadata": noted}).problem is None

    @pytest.mark.parametrize("name", ["name", "external_id", "line1", "postal_code"])
    def test_forms(self, organization: Organization, name: str) -> None:
        """A form of the dashboard says the limit at the field, and shows what was typed."""
        most, _ = TEXTS[name]
        visitor = over_http.come_in(organization)
        typed = "x" * (most + 1)

        answer = visitor.send(
            f"{over_http.home_of(organization)}/customers/new",
            **{"email": "ada@example.com", "country": "FR", name: typed},
        )

        assert answer.status_code == 422
        assert f"at most {most} characters" in answer.text
        assert typed in answer.text


def test_bodies_that_are_not_parsed(organization: Organization) -> None:
    """JSON of more than a mebibyte or 60,000 commas and colons is refused as a whole."""
    kind = {"Content-Type": "application/json"}
    contents = (json.dumps(["x" * 1024 * 1024]).encode(), b"[" + b"1," * 60_001 + b"1]")
    for content in contents:
        refused = organization.request("POST", CUSTOMERS, headers=kind, content=content)

        (problem,) = refused.json()["detail"]
        assert (problem["type"], problem["loc"]) == ("too_long", ["body"])
