"""Requests that may be sent twice and act once: the `Idempotency-Key` header, which is ours."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from api import writing
from api.writing import CUSTOMERS
from support import Organization, Server

OTHER_REQUEST = "This key was used before, with another request."
TOO_LONG = "A key has at most 255 characters."
PLACE: list[str | int] = ["header", "idempotency-key"]


def post(organization: Organization, key: str | bytes, path: str = CUSTOMERS, **body: Any) -> Any:
    """Send a request under a key."""
    headers: Any = [(b"Idempotency-Key", key if isinstance(key, bytes) else key.encode("latin-1"))]
    return organization.request("POST", path, headers=headers, body=body)


def total(organization: Organization) -> int:
    """How many customers there are."""
    count: int = organization.get(CUSTOMERS).json()["pagination"]["total_count"]
    return count


class TestCreateCustomerOnce:
    """`POST /v1/customers/` with `Idempotency-Key`."""

    def test_anonymous(self, organization: Organization) -> None:
        """A key opens nothing: without a token a kept answer is not shown."""
        assert post(organization, "k", email="a@sea.is").status_code == 201
        answer = organization.request(
            "POST",
            CUSTOMERS,
            token=None,
            headers={"Idempotency-Key": "k"},
            body={"email": "a@sea.is"},
        )

        assert answer.status_code == 401

    def test_missing_scope(self, organization: Organization) -> None:
        """A token that may only read is refused under a key as well."""
        post(organization, "k", email="a@sea.is")
        answer = organization.request(
            "POST",
            CUSTOMERS,
            token=organization.token("customers:read"),
            headers={"Idempotency-Key": "k"},
            body={"email": "a@sea.is"},
        )

        assert answer.status_code == 403

    def test_again(self, server: Server, organization: Organization) -> None:
        """The same request again has the same answer, byte for byte, and nothing happens twice."""
        body: Any = {"email": "a@sea.is", "metadata": {"zz": 1, "a": 1e22}}
        answers = [post(organization, "key 1", **body) for _ in range(3)]

        assert {answer.status_code for answer in answers} == {201}
        assert len({answer.content for answer in answers}) == 1
        assert total(organization) == 1
        assert writing.find_events(server, answers[0].json()["id"]) == [
            "member.created",
            "customer.created",
        ]

    def test_the_first_answer_stays(self, organization: Organization) -> None:
        """What has become of the customer since does not change the answer."""
        first = post(organization, "k", email="a@sea.is")
        writing.change(organization, first.json(), name="Changed")
        second = post(organization, "k", email="a@sea.is")
        organization.request("DELETE", f"{CUSTOMERS}{first.json()['id']}")
        third = post(organization, "k", email="a@sea.is")

        assert first.content == second.content == third.content
        assert total(organization) == 0

    def test_forgotten(self, organization: Organization) -> None:
        """Once the customer is anonymised its answer is forgotten, and the key is new."""
        first = post(organization, "k", email="a@sea.is").json()
        organization.request("DELETE", f"{CUSTOMERS}{first['id']}?anonymize=true")

        second = post(organization, "k", email="a@sea.is")

        assert second.status_code == 201
        assert second.json()["id"] != first["id"]

    @pytest.mark.parametrize(
        "body", [{"email": "b@sea.is"}, {"email": "a@sea.is", "name": "A"}, {"email": "A@sea.is"}]
    )
    def test_another_body(self, organization: Organization, body: dict[str, str]) -> None:
        """The same key with another body is a mistake, and nobody is made."""
        post(organization, "k", email="a@sea.is")

        answer = post(organization, "k", **body)

        assert answer.json() == {
            "error": "PolarRequestValidationError",
            "detail": [{"type": "value_error", "loc": PLACE, "msg": OTHER_REQUEST, "input": "k"}],
        }
        assert total(organization) == 1

    def test_another_path(self, organization: Organization) -> None:
        """The same key with another path is a mistake too."""
        team = writing.make(organization, type="team")
        post(organization, "k", email="a@sea.is")

        answer = post(organization, "k", f"{CUSTOMERS}{team['id']}/members", email="a@sea.is")

        assert writing.problems(answer) == [(PLACE, "value_error", OTHER_REQUEST)]

    def test_another_key(self, organization: Organization) -> None:
        """Another key is another request, which the usual rules judge."""
        post(organization, "k", email="a@sea.is")

        answer = post(organization, "K", email="a@sea.is")

        ((place, _, words),) = writing.problems(answer)
        assert (place, words) == (["body", "email"], writing.EMAIL_TAKEN)

    def test_of_another_organization(self, make_organization: Callable[[], Organization]) -> None:
        """Keys of different organizations have nothing to do with each other."""
        one, other = make_organization(), make_organization()

        first = post(one, "k", email="a@sea.is").json()
        second = post(other, "k", email="b@sea.is")

        assert second.status_code == 201
        assert second.json()["organization_id"] != first["organization_id"]

    def test_refused(self, organization: Organization) -> None:
        """A request that is refused uses up no key."""
        writing.make(organization, email="taken@sea.is")

        assert post(organization, "k", email="taken@sea.is").status_code == 422
        assert post(organization, "k", email="x").status_code == 422
        assert post(organization, "k", email="free@sea.is").status_code == 201

    def test_without_a_key(self, organization: Organization) -> None:
        """An empty key is none: the same request again is another one."""
        assert post(organization, "", email="a@sea.is").status_code == 201
        assert post(organization, "", email="a@sea.is").status_code == 422

    def test_long_keys(self, organization: Organization) -> None:
        """A key has at most 255 characters."""
        longest = post(organization, "k" * 255, email="a@sea.is")
        longer = post(organization, "k" * 256, email="b@sea.is")

        assert longest.status_code == 201
        assert longer.json()["detail"] == [
            {"type": "value_error", "loc": PLACE, "msg": TOO_LONG, "input": "k" * 255}
        ]

    @pytest.mark.parametrize("key", [b"\xff\xfe", b"' OR 1=1 --", b'"\\', "clé".encode()])
    def test_odd_keys(self, organization: Organization, key: bytes) -> None:
        """Any bytes a header may hold are a key."""
        answers = [post(organization, key, email="a@sea.is") for _ in range(2)]

        assert [answer.status_code for answer in answers] == [201, 201]
        assert answers[0].content == answers[1].content

    def test_a_day_later(self, server: Server, organization: Organization) -> None:
        """After a day the answer is forgotten, and the key can be used for anything."""
        first = post(organization, "k", email="a@sea.is")
        _make_older(server, organization, hours=24)

        second = post(organization, "k", email="b@sea.is")
        third = post(organization, "k", email="b@sea.is")

        assert second.status_code == 201
        assert second.json()["id"] != first.json()["id"]
        assert third.content == second.content

    def test_just_within_a_day(self, server: Server, organization: Organization) -> None:
        """An hour less, and it is still known."""
        first = post(organization, "k", email="a@sea.is")
        _make_older(server, organization, hours=23)

        assert post(organization, "k", email="a@sea.is").content == first.content


class TestCreateMemberOnce:
    """`POST /v1/customers/{id}/members` with `Idempotency-Key`."""

    def test_again(self, organization: Organization) -> None:
        """The same request again has the same answer, though the member is gone meanwhile."""
        team = writing.make(organization, type="team")
        path = f"{CUSTOMERS}{team['id']}/members"

        def ask() -> httpx.Response:
            answer: httpx.Response = post(organization, "k", path, email="hand@sea.is")
            return answer

        first = ask()
        organization.request("DELETE", f"{path}/{first.json()['id']}")
        second = ask()

        assert (first.status_code, second.status_code) == (201, 201)
        assert first.content == second.content
        assert len(writing.find_members(organization, team)) == 1


class TestPutExternalCustomerOnce:
    """`PUT /v1/customers/external/{external_id}` with `Idempotency-Key`."""

    def test_needs_no_key(self, organization: Organization) -> None:
        """An upsert can be repeated anyway: a key means nothing to it."""
        for name in ("a", "b"):
            answer = organization.request(
                "PUT",
                "/v1/customers/external/mine",
                headers={"Idempotency-Key": "k"},
                body={"email": "a@sea.is", "name": name},
            )
            assert answer.json()["name"] == name


def _make_older(server: Server, organization: Organization, *, hours: int) -> None:
    """Let the organization's kept answers have been made hours ago."""
    writing.run_sql(
        server,
        "UPDATE answers SET created_at = created_at - ? WHERE organization_id = ?",
        hours * 3_600_000_000,
        organization.id.bytes,
    )
