"""A customer who goes: `DELETE /v1/customers/{id}` and `/v1/customers/external/{external_id}`."""

import csv
import json
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from api import writing
from api.writing import CUSTOMERS, EXTERNAL
from support import Organization, Server

pytestmark = pytest.mark.processes

# Words that are nowhere else in a database, and no part of each other.
SECRETS = {
    "email": "Xyrophila.Quist@wintermere.example.com",
    "name": "Xyrophila Quistgaard-Ødum",
    "line1": "99 Vintervænget",
    "city": "Wintermerehavn",
}


def delete(organization: Organization, customer_id: object, query: str = "") -> httpx.Response:
    """Ask for a customer to be deleted."""
    return organization.request("DELETE", f"{CUSTOMERS}{customer_id}{query}")


class TestDeleteCustomer:
    """`DELETE /v1/customers/{id}`."""

    def test_anonymous(self, organization: Organization) -> None:
        """Without a token nobody goes, found or not."""
        made = writing.make(organization)

        for customer_id in (made["id"], uuid4(), "abc"):
            answer = organization.request("DELETE", f"{CUSTOMERS}{customer_id}", token=None)
            assert (answer.status_code, answer.json()) == (401, writing.UNAUTHORIZED)
        assert organization.get(f"{CUSTOMERS}{made['id']}").json() == made

    def test_missing_scope(self, organization: Organization) -> None:
        """A token that may only read is told which scope would do."""
        made = writing.make(organization)
        token = organization.token("customers:read")

        answer = organization.request("DELETE", f"{CUSTOMERS}{made['id']}", token=token)

        assert (answer.status_code, answer.json()["error"]) == (403, "insufficient_scope")
        assert 'scope="customers:write"' in answer.headers["www-authenticate"]

    def test_not_found(self, organization: Organization) -> None:
        """An id that nobody has is not found."""
        answer = delete(organization, uuid4())

        assert (answer.status_code, answer.json()) == (404, writing.NOT_FOUND)

    def test_of_another_organization(
        self, organization: Organization, strangers: Organization
    ) -> None:
        """Another organization's customer is not found, and stays."""
        theirs = strangers.get(CUSTOMERS).json()["items"][0]

        assert delete(organization, theirs["id"]).status_code == 404
        assert strangers.get(CUSTOMERS).json()["items"] == [theirs]

    def test_valid(self, organization: Organization) -> None:
        """The answer is empty."""
        answer = delete(organization, writing.make(organization)["id"])

        assert (answer.status_code, answer.content) == (204, b"")
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["cache-control"] == "private, no-store"

    def test_gone_from_every_read(self, organization: Organization) -> None:
        """Whoever is deleted is found by nothing: no id, no filter, no export, no count."""
        stays = writing.make(organization)
        gone = writing.make(
            organization, name="Leaver", external_id="leaver", metadata={"k": "leaving"}
        )

        delete(organization, gone["id"])

        for path in (
            f"{CUSTOMERS}{gone['id']}",
            f"{CUSTOMERS}{gone['id']}/state",
            f"{CUSTOMERS}{gone['id']}/payment-methods",
            f"{EXTERNAL}leaver",
            f"{EXTERNAL}leaver/state",
            f"{EXTERNAL}leaver/payment-methods",
        ):
            assert organization.get(path).json() == writing.NOT_FOUND
        assert organization.get(CUSTOMERS).json() == {
            "items": [stays],
            "pagination": {"total_count": 1, "max_page": 1},
        }
        for query in (f"email={gone['email']}", "query=leaver", "metadata[k]=leaving"):
            assert organization.get(f"{CUSTOMERS}?{query}").json()["items"] == []
        exported = list(csv.reader(organization.get(f"{CUSTOMERS}export").text.splitlines()))
        assert [row[0] for row in exported[1:]] == [stays["id"]]
        assert organization.get("/v1/members/").json()["pagination"]["total_count"] == 1

    @pytest.mark.parametrize("query", ["", "?anonymize=true"])
    def test_no_more_writes(self, organization: Organization, query: str) -> None:
        """Whoever is deleted can be neither changed nor deleted again."""
        gone = writing.make(organization, external_id="leaver")
        delete(organization, gone["id"], query)

        assert writing.change(organization, gone, name="Back").status_code == 404
        assert delete(organization, gone["id"], query).status_code == 404
        assert organization.request("DELETE", f"{EXTERNAL}leaver").status_code == 404

    @pytest.mark.parametrize("query", ["", "?anonymize=true"])
    def test_frees_what_is_unique(self, organization: Organization, query: str) -> None:
        """Address and external id are free at once, as often as like."""
        values = {"email": "again@sea.is", "external_id": "again"}

        ids = []
        for _ in range(3):
            made = writing.make(organization, **values)
            ids.append(made["id"])
            assert delete(organization, made["id"], query).status_code == 204

        last = writing.make(organization, **values)
        assert organization.get(f"{EXTERNAL}again").json() == last
        assert last["id"] not in ids

    def test_members_go_too(self, server: Server, organization: Organization) -> None:
        """All members go with their customer, each is noted, and the customer last."""
        team = writing.make(organization, type="team")
        for number in range(2):
            organization.request(
                "POST",
                f"{CUSTOMERS}{team['id']}/members",
                body={"email": f"hand{number}@sea.is"},
            )
        members = writing.find_members(organization, team)

        delete(organization, team["id"])

        assert len(members) == 3
        assert writing.find_members(organization, team) == []
        for member in members:
            path = f"{CUSTOMERS}{team['id']}/members/{member['id']}"
            assert organization.get(path).status_code == 404
        assert writing.find_events(server, team["id"])[-4:] == [
            "member.deleted", "member.deleted", "member.deleted", "customer.deleted",
        ]  # fmt: skip

    def test_what_is_kept(self, server: Server, organization: Organization) -> None:
        """The deletion is noted with the customer as it was, but for its external id."""
        made = writing.make(organization, external_id="kept", name="Kept", metadata={"a": 1})
        delete(organization, made["id"])

        noted = _last_event(server, made["id"])
        assert noted == {
            **made,
            "external_id": None,
            "modified_at": noted["modified_at"],
            "deleted_at": noted["modified_at"],
        }
        assert noted["deleted_at"] > made["created_at"]
        assert writing.find_disagreements(server) == []

    @pytest.mark.parametrize("word", ["false", "0", "off", "no", "f", "N"])
    def test_not_anonymised(self, server: Server, organization: Organization, word: str) -> None:
        """Nobody is forgotten who is not to be."""
        made = writing.make(organization, name="Remembered")
        delete(organization, made["id"], f"?anonymize={word}")

        assert _last_event(server, made["id"])["name"] == "Remembered"

    @pytest.mark.parametrize("word", ["true", "1", "on", "yes", "t", "Y", "TRUE"])
    def test_anonymised(self, server: Server, organization: Organization, word: str) -> None:
        """A forgotten customer keeps what accounts need, and stands under names that tell nothing."""
        made = writing.make(
            organization,
            name="Forgotten",
            external_id="kept",
            metadata={"a": 1},
            billing_address={"country": "FR"},
        )
        delete(organization, made["id"], f"?anonymize={word}")

        noted = _last_event(server, made["id"])
        local_part, _, domain = noted["email"].partition("@")
        assert (len(local_part), domain) == (64, "anonymized.polar.sh")
        assert len(noted["name"]) == 64
        assert noted["billing_address"] is None
        assert noted["external_id"] == "kept"
        assert noted["metadata"] == {
            "a": 1,
            "__external_id": "kept",
            "__anonymized_at": noted["deleted_at"].removesuffix("Z") + "+00:00",
        }

    def test_anonymised_with_a_tax_number(self, server: Server, organization: Organization) -> None:
        """Where there is a tax number, it stays with the name, for the invoices that bear them."""
        made = writing.make(
            organization,
            name="Firma AB",
            tax_id="FR40303265045",
            billing_address={"country": "FR"},
        )
        delete(organization, made["id"], "?anonymize=true")

        noted = _last_event(server, made["id"])
        assert (noted["name"], noted["tax_id"]) == ("Firma AB", ["FR40303265045", "eu_vat"])
        assert noted["billing_address"] is None

    def test_not_an_answer(self, organization: Organization) -> None:
        """Whether to forget is yes or no; what is wrong is told with what is wrong with the id."""
        made = writing.make(organization)

        one = delete(organization, made["id"], "?anonymize=perhaps")
        both = delete(organization, "abc", "?anonymize=")

        words = "Input should be a valid boolean, unable to interpret input"
        assert writing.problems(one) == [(["query", "anonymize"], "bool_parsing", words)]
        assert [place for place, _, _ in writing.problems(both)] == [
            ["path", "id"],
            ["query", "anonymize"],
        ]
        assert organization.get(f"{CUSTOMERS}{made['id']}").status_code == 200

    @pytest.mark.parametrize(
        ("identifier", "kind"),
        [("abc", "uuid_parsing"), ("6fa459ea-ee8a-11ca-894e-db77e160355e", "uuid_version")],
    )
    def test_not_an_id(self, organization: Organization, identifier: str, kind: str) -> None:
        """An id is a UUID of version 4."""
        ((place, found, _),) = writing.problems(delete(organization, identifier))

        assert (place, found) == (["path", "id"], kind)


class TestDeleteExternalCustomer:
    """`DELETE /v1/customers/external/{external_id}`."""

    def test_anonymous(self, organization: Organization) -> None:
        """Without a token nobody goes, found or not."""
        writing.make(organization, external_id="mine")

        for external_id in ("mine", "nobody"):
            answer = organization.request("DELETE", f"{EXTERNAL}{external_id}", token=None)
            assert (answer.status_code, answer.json()) == (401, writing.UNAUTHORIZED)
        assert organization.get(f"{EXTERNAL}mine").status_code == 200

    def test_missing_scope(self, organization: Organization) -> None:
        """A token that may only read is refused."""
        answer = organization.request(
            "DELETE", f"{EXTERNAL}mine", token=organization.token("customers:read")
        )

        assert (answer.status_code, answer.json()["error"]) == (403, "insufficient_scope")

    @pytest.mark.parametrize("external_id", ["nobody", "MINE", "mine%20", "a%00b", "%ff"])
    def test_not_found(self, organization: Organization, external_id: str) -> None:
        """An external id must be the whole one, its case too."""
        writing.make(organization, external_id="mine")

        answer = organization.request("DELETE", f"{EXTERNAL}{external_id}")

        assert (answer.status_code, answer.json()) == (404, writing.NOT_FOUND)

    def test_valid(self, organization: Organization) -> None:
        """The customer with the external id goes, and nobody else."""
        gone = writing.make(organization, external_id="mine")
        stays = writing.make(organization, external_id="MINE")

        answer = organization.request("DELETE", f"{EXTERNAL}mine")

        assert (answer.status_code, answer.content) == (204, b"")
        assert organization.get(f"{CUSTOMERS}{gone['id']}").status_code == 404
        assert organization.get(CUSTOMERS).json()["items"] == [stays]

    def test_anonymised(self, server: Server, organization: Organization) -> None:
        """Whoever goes by the external id can be forgotten too."""
        made = writing.make(organization, external_id="mine", name="Forgotten")

        organization.request("DELETE", f"{EXTERNAL}mine?anonymize=true")

        assert len(_last_event(server, made["id"])["name"]) == 64

    def test_not_an_answer(self, organization: Organization) -> None:
        """Whether to forget is yes or no, also where nobody is found."""
        answer = organization.request("DELETE", f"{EXTERNAL}nobody?anonymize=2")

        ((place, kind, _),) = writing.problems(answer)
        assert (place, kind) == (["query", "anonymize"], "bool_parsing")


class TestForgotten:
    """What a database file still knows of a customer who was anonymised."""

    def test_an_individual(self, tmp_path: Path) -> None:
        """Neither the address nor the name is anywhere in the file, in any letter case."""
        with writing.own_database(tmp_path) as own:
            made = _make_secret(own.organization, headers={"Idempotency-Key": "k"})
            writing.change(own.organization, made, metadata={"plan": "gold"})
            assert own.find_bytes(*SECRETS.values()) != []
            assert delete(own.organization, made["id"], "?anonymize=true").status_code == 204
            assert own.server.stop() == 0

            assert own.find_bytes(*SECRETS.values()) == []
            assert writing.find_disagreements(own.server) == []

    def test_one_who_had_another_name(self, tmp_path: Path) -> None:
        """What a customer was called before its last change is forgotten too."""
        with writing.own_database(tmp_path) as own:
            made = _make_secret(own.organization)
            new = {"email": "plain@sea.is", "name": "Plain", "billing_address": {"country": "IS"}}
            writing.change(own.organization, made, **new)
            delete(own.organization, made["id"], "?anonymize=true")
            own.server.stop()

            assert own.find_bytes(*SECRETS.values(), "plain@sea.is") == []

    def test_a_team(self, tmp_path: Path) -> None:
        """A team's members are forgotten with it, those who had left before it as well."""
        with writing.own_database(tmp_path) as own:
            team = writing.make(own.organization, type="team", email="team@sea.is")
            path = f"{CUSTOMERS}{team['id']}/members"
            stays = {"email": SECRETS["email"], "name": SECRETS["name"]}
            leaves = {"email": "leaver@departure.example.com", "name": "Leifr Departed"}
            own.organization.request("POST", path, body=stays)
            left = own.organization.request("POST", path, body=leaves).json()["id"]
            assert own.organization.request("DELETE", f"{path}/{left}").status_code == 204
            delete(own.organization, team["id"], "?anonymize=true")
            own.server.stop()

            words = [*stays.values(), *leaves.values(), "team@sea.is"]
            assert own.find_bytes(*words) == []
            assert writing.find_disagreements(own.server) == []

    def test_one_of_many(self, tmp_path: Path) -> None:
        """One of many customers, whose rows the database has moved about, is forgotten as well."""
        with writing.own_database(tmp_path) as own:
            batch = []
            for number in range(160):
                secret = number % 4 == 0
                name = SECRETS["name"] if secret else f"Somebody {number} " + "x" * (number % 200)
                email = f"{number}.{SECRETS['email']}" if secret else f"{number}@sea.is"
                batch.append(writing.make(own.organization, email=email, name=name))
            for number, made in enumerate(batch):
                if number % 3:
                    writing.change(own.organization, made, metadata={"k": "v" * (number % 400 + 1)})
            for made in batch[::4]:
                delete(own.organization, made["id"], "?anonymize=true")
            own.server.stop()

            assert own.find_bytes(*SECRETS.values()) == []
            assert writing.find_disagreements(own.server) == []


def _make_secret(organization: Organization, headers: Any = ()) -> dict[str, Any]:
    """A customer of the words that are searched for."""
    body = {
        "email": SECRETS["email"],
        "name": SECRETS["name"],
        "billing_address": {
            "country": "DK", "line1": SECRETS["line1"], "city": SECRETS["city"],
        },
    }  # fmt: skip
    answer = organization.request("POST", CUSTOMERS, headers=headers, body=body)
    assert answer.status_code == 201
    made: dict[str, Any] = answer.json()
    return made


def _last_event(server: Server, customer_id: str) -> dict[str, Any]:
    """The document of the last thing that happened to a customer."""
    row = writing.run_sql(
        server,
        "SELECT type, document FROM events WHERE customer_id = ? ORDER BY sequence DESC LIMIT 1",
        UUID(customer_id).bytes,
    )[0]
    assert row[0] == "customer.deleted"
    document: dict[str, Any] = json.loads(row[1])
    return document
