"""Requests that race for one address, external id, key or customer; and a server that dies."""

import collections
import random
import signal
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from api import writing
from api.writing import CUSTOMERS, EXTERNAL, OwnDatabase
from support import Organization

pytestmark = pytest.mark.processes

ROUNDS = 12


@pytest.fixture(scope="module", params=[1, 2], ids=["one process", "two processes"])
def own(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[OwnDatabase]:
    """A server of one process, and one of two, on databases of their own."""
    folder = tmp_path_factory.mktemp("races")
    with writing.own_database(folder, "--workers", str(request.param)) as opened:
        # Each process of a server may take a moment longer to listen than the first.
        writing.at_once([partial(opened.organization.get, CUSTOMERS) for _ in range(16)])
        yield opened


def statuses(answers: list[httpx.Response]) -> dict[int, int]:
    """How many answers there are of each status."""
    return dict(collections.Counter(answer.status_code for answer in answers))


def total(organization: Organization, query: str) -> int:
    """How many customers a filter finds."""
    count: int = organization.get(f"{CUSTOMERS}?{query}").json()["pagination"]["total_count"]
    return count


class TestCreateCustomer:
    """Races between new customers."""

    @pytest.mark.parametrize("racers", [2, 16])
    def test_one_address(self, own: OwnDatabase, racers: int) -> None:
        """Of several requests for one address, in any letter case, exactly one makes a customer."""
        for number in range(ROUNDS):
            email = f"race{racers}.{number}@sea.is"
            spellings = [email if at % 2 else email.upper() for at in range(racers)]
            answers = writing.at_once(
                [partial(writing.create, own.organization, email=one) for one in spellings]
            )

            assert statuses(answers) == {201: 1, 422: racers - 1}
            for answer in answers:
                if answer.status_code == 422:
                    assert writing.problems(answer) == [
                        (["body", "email"], "value_error", writing.EMAIL_TAKEN)
                    ]
            assert total(own.organization, f"email={email}") == 1

    @pytest.mark.parametrize("racers", [2, 16])
    def test_one_external_id(self, own: OwnDatabase, racers: int) -> None:
        """Of several requests for one external id exactly one makes a customer."""
        for number in range(ROUNDS):
            external_id = f"race{racers}.{number}."
            answers = writing.at_once(
                [partial(writing.create, own.organization, external_id=external_id)] * racers
            )

            assert statuses(answers) == {201: 1, 422: racers - 1}
            (made,) = (answer for answer in answers if answer.status_code == 201)
            assert own.organization.get(f"{EXTERNAL}{external_id}").content == made.content
            assert total(own.organization, f"query={external_id}") == 1

    def test_one_key(self, own: OwnDatabase) -> None:
        """Of eight requests under one key all have the same answer, and one customer is made."""
        for number in range(ROUNDS):
            ask = partial(
                own.organization.request,
                "POST",
                CUSTOMERS,
                headers={"Idempotency-Key": f"race {number}"},
                body={"email": f"key.{number}@sea.is", "external_id": f"key.{number}."},
            )
            answers = writing.at_once([ask] * 8)

            assert statuses(answers) == {201: 8}
            assert len({answer.content for answer in answers}) == 1
            assert total(own.organization, f"query=key.{number}.") == 1

    def test_one_key_for_several_requests(self, own: OwnDatabase) -> None:
        """Of eight different requests under one key one makes a customer, the others are told."""
        for number in range(ROUNDS):
            acts = [
                partial(
                    own.organization.request,
                    "POST",
                    CUSTOMERS,
                    headers={"Idempotency-Key": f"mixed {number}"},
                    body={"email": f"mixed.{number}.{at}@sea.is"},
                )
                for at in range(8)
            ]

            assert statuses(writing.at_once(acts)) == {201: 1, 422: 7}
            assert total(own.organization, f"query=mixed.{number}.") == 1


class TestPutCustomer:
    """Races between upserts."""

    def test_one_external_id(self, own: OwnDatabase) -> None:
        """Of eight upserts of one external id one makes the customer, the others change it."""
        for number in range(ROUNDS):
            path = f"{EXTERNAL}put.{number}"
            acts = [
                partial(
                    own.organization.request,
                    "PUT",
                    path,
                    body={"email": f"put.{number}@sea.is", "name": f"Racer {at}"},
                )
                for at in range(8)
            ]
            answers = writing.at_once(acts)

            assert statuses(answers) == {201: 1, 200: 7}
            assert len({answer.json()["id"] for answer in answers}) == 1
            assert own.organization.get(path).content in [answer.content for answer in answers]


class TestUpdateCustomer:
    """Races between changes, and with a deletion."""

    def test_one_address(self, own: OwnDatabase) -> None:
        """Of eight customers who want one address one gets it."""
        for number in range(ROUNDS // 2):
            wanted = f"want.{number}@sea.is"
            made = [writing.make(own.organization) for _ in range(8)]
            answers = writing.at_once(
                [partial(writing.change, own.organization, one, email=wanted) for one in made]
            )

            assert statuses(answers) == {200: 1, 422: 7}
            assert total(own.organization, f"email={wanted}") == 1

    def test_one_external_id_for_one_customer(self, own: OwnDatabase) -> None:
        """Of eight external ids given to one customer at once the first is written, for good."""
        for number in range(ROUNDS // 2):
            made = writing.make(own.organization)
            acts = [
                partial(writing.change, own.organization, made, external_id=f"once.{number}.{at}")
                for at in range(8)
            ]
            answers = writing.at_once(acts)

            assert statuses(answers) == {200: 1, 422: 7}
            assert total(own.organization, f"query=once.{number}.") == 1

    @pytest.mark.parametrize("query", ["", "?anonymize=true"])
    def test_with_a_deletion(self, own: OwnDatabase, query: str) -> None:
        """A change comes before a deletion or finds nobody; afterwards the customer is gone."""
        for _ in range(ROUNDS):
            made = writing.make(own.organization, name="Alive")
            path = f"{CUSTOMERS}{made['id']}"
            acts: list[Callable[[], httpx.Response]] = [
                partial(own.organization.request, "DELETE", f"{path}{query}") for _ in range(2)
            ]
            acts += [
                partial(writing.change, own.organization, made, email=writing.new_email())
                for _ in range(4)
            ]
            answers = writing.at_once(acts)

            assert sorted(answer.status_code for answer in answers[:2]) == [204, 404]
            assert {answer.status_code for answer in answers[2:]} <= {200, 404}
            assert own.organization.get(path).status_code == 404
            assert writing.change(own.organization, made, name="Risen").status_code == 404

    def test_deletion_with_a_successor(self, own: OwnDatabase) -> None:
        """While a customer goes, its address is taken or free; at no moment do two have it."""
        for number in range(ROUNDS):
            values = {"email": f"heir.{number}@sea.is", "external_id": f"heir.{number}."}
            made = writing.make(own.organization, **values)
            goes = partial(own.organization.request, "DELETE", f"{CUSTOMERS}{made['id']}")
            comes = partial(writing.create, own.organization, **values)
            gone, *others = writing.at_once([goes, comes, comes, comes])

            assert gone.status_code == 204
            assert statuses(others) in ({422: 3}, {201: 1, 422: 2})
            left = total(own.organization, f"query=heir.{number}.")
            assert left == statuses(others).get(201, 0)


class TestMembers:
    """Races between members of one team."""

    def test_one_address(self, own: OwnDatabase) -> None:
        """Eight requests for one address make one member, which is everybody's answer."""
        for _ in range(ROUNDS // 2):
            team = writing.make(own.organization, type="team")
            ask = partial(
                own.organization.request,
                "POST",
                f"{CUSTOMERS}{team['id']}/members",
                body={"email": "hand@sea.is"},
            )
            answers = writing.at_once([ask] * 8)

            assert statuses(answers) == {201: 8}
            assert len({answer.content for answer in answers}) == 1
            assert len(writing.find_members(own.organization, team)) == 2

    def test_one_owner(self, own: OwnDatabase) -> None:
        """Of several members who are made the owner at once one is it in the end."""
        for _ in range(ROUNDS // 2):
            team = writing.make(own.organization, type="team")
            path = f"{CUSTOMERS}{team['id']}/members"
            hands = [
                own.organization.request("POST", path, body={"email": f"{at}@sea.is"}).json()
                for at in range(4)
            ]
            acts = [
                partial(
                    own.organization.request,
                    "PATCH",
                    f"{path}/{hand['id']}",
                    body={"role": "owner"},
                )
                for hand in hands
            ]
            answers = writing.at_once(acts)

            assert statuses(answers) == {200: 4}
            roles = [one["role"] for one in writing.find_members(own.organization, team)]
            assert sorted(roles) == ["billing_manager"] * 4 + ["owner"]


class TestSoundness:
    """What all of that leaves behind."""

    def test_nothing_disagrees(self, own: OwnDatabase) -> None:
        """Documents, counters and indexes agree with the customers after a mixed storm."""
        acts: list[Callable[[], httpx.Response]] = []
        for number in range(48):
            values = {"email": f"storm.{number % 4}@sea.is", "metadata": {"n": number}}
            path = f"{EXTERNAL}storm.{number % 4}"
            acts.append(
                [
                    partial(own.organization.request, "PUT", path, body=values),
                    partial(own.organization.request, "DELETE", path),
                    partial(own.organization.request, "PATCH", path, body={"name": str(number)}),
                ][number % 3]
            )
        answers = writing.at_once(acts)

        assert {answer.status_code for answer in answers} <= {200, 201, 204, 404, 422}
        assert writing.find_disagreements(own.server) == []


class TestCrash:
    """A server that is killed while it writes."""

    @pytest.mark.parametrize("seed", [1, 2, 3])
    def test_every_answer_was_kept(self, tmp_path: Path, seed: int) -> None:
        """After kill -9 in a storm every customer that was answered 201 is there, and all is sound."""
        chance = random.Random(seed)  # noqa: S311 - when to kill
        with writing.own_database(tmp_path) as own:
            answered: list[dict[str, Any]] = []
            kill_after = chance.randint(50, 250)
            enough = threading.Event()

            def storm(racer: int) -> None:
                headers = {"Authorization": f"Bearer {own.organization.token()}"}
                with httpx.Client(base_url=own.server.url, verify=False) as client:  # noqa: S501 - plain HTTP
                    for number in range(1000):
                        body = {
                            "email": f"{racer}.{number}@sea.is",
                            "external_id": f"{racer}.{number}",
                            "metadata": {"racer": racer},
                        }
                        try:
                            answer = client.post(CUSTOMERS, headers=headers, json=body)
                        except httpx.TransportError:
                            return
                        assert answer.status_code == 201
                        answered.append(answer.json())
                        if len(answered) >= kill_after:
                            enough.set()

            def kill() -> None:
                enough.wait(120)
                own.server.process.send_signal(signal.SIGKILL)

            acts: list[Callable[[], None]] = [kill, *(partial(storm, at) for at in range(8))]
            writing.at_once(acts)
            assert own.server.process.wait(120) == -signal.SIGKILL
            own.restart()

            assert len(answered) >= kill_after
            for made in answered:
                assert own.organization.get(f"{CUSTOMERS}{made['id']}").json() == made
            # One request of each racer may have been kept without being answered.
            count = own.organization.get(CUSTOMERS).json()["pagination"]["total_count"]
            assert len(answered) <= count <= len(answered) + 8
            assert writing.find_disagreements(own.server) == []
            assert writing.create(own.organization).status_code == 201
