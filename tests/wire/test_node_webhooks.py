"""Webhooks by the official clients for JavaScript, from Node: endpoints, deliveries, verifiers.

Each client's program does everything once and prints what it saw; the tests compare.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from icefloe.services import Services
from receiving import receiving
from support import Organization, Server, make_organization_of
from wire import node_environments
from wire.deliveries import SIGNINGS, TYPES, Delivery, ask, cause_all

Json = dict[str, Any]

_REFUSALS = {"WebhookVerificationError", "PolarWebhookVerificationError"}


@dataclass(frozen=True)
class Walk:
    """What a client's program saw.

    Attributes:
        is_first: whether the client is of the 0.x generation, which has its own spelling.
        sent: the deliveries by what signed, and one of them with something changed, by what.
        event_ids: of the events that are sent by now, the newest first.
        seen: the program's document.
    """

    is_first: bool
    sent: Mapping[str, list[Delivery]]
    event_ids: list[str]
    seen: Json

    def verdicts(self, signing: str, verifier: str) -> list[Json]:
        """What a verifier says of the deliveries, in order."""
        at = 0
        for name, deliveries in self.sent.items():
            if name == signing:
                found = self.seen["verdicts"][at : at + len(deliveries)]
                return [one[verifier] for one in found]
            at += len(deliveries)
        raise KeyError(signing)


@pytest.fixture(scope="module", params=node_environments.NAMES)
def walk(request: pytest.FixtureRequest, server: Server, services: Services) -> Walk:
    """A client's program, run to its end against an organization of its own."""
    name = str(request.param)
    generation = name.rpartition("-")[2].partition(".")[0]
    organization = make_organization_of(server, services)
    sent = {"both": _cause_all(organization, "both")}
    for signing in SIGNINGS.keys() - sent.keys():
        sent[signing] = _cause_all(make_organization_of(server, services), signing)
    event_ids = [one.headers["webhook-id"] for one in sent["both"][::-1]]
    sent["nothing"] = list(sent["both"][0].tamper().values())
    given = [one.arguments for deliveries in sent.values() for one in deliveries]
    seen = node_environments.run(
        name,
        f"webhooks_{generation}.mjs",
        ICEFLOE_URL=server.url,
        ICEFLOE_TOKEN=organization.token("webhooks:write"),
        ICEFLOE_EVENT=event_ids[0],
        ICEFLOE_DELIVERIES=json.dumps(given),
    )
    return Walk(generation == "0", sent, event_ids, seen)


def _cause_all(organization: Organization, signing: str) -> list[Delivery]:
    """At least one delivery of each type, once all are recorded."""
    with receiving() as receiver:
        sent = cause_all(organization, receiver, signing)
        path = "/v1/webhooks/deliveries?limit=100"
        while len(ask(organization, "GET", path)["items"]) < len(sent):
            pass  # a receiver knows of a delivery before it is recorded
    return sent


class TestEndpoints:
    """The endpoints, by the client's own types."""

    def test_created(self, walk: Walk) -> None:
        """An endpoint is created, read, and listed first."""
        created = walk.seen["created"]

        assert created["url"] == "https://example.com/hook"
        assert created["events"] == ["customer.created"]
        assert walk.seen["got"] == created
        assert walk.seen["listed"] == [created]
        if not walk.is_first:
            assert walk.seen["iterated"][0] == created
            assert len(walk.seen["iterated"]) == 2
            assert created["api_version"] == "2026-04"
            assert created["uses_standard_webhook_signature"] is False

    def test_changed(self, walk: Walk) -> None:
        """It is changed, gets a new secret, and is deleted."""
        created, updated, reset = (walk.seen[name] for name in ("created", "updated", "reset"))

        assert (updated["name"], updated["enabled"]) == ("Ours", False)
        assert reset["secret"] != created["secret"]
        assert walk.seen["deleted"] is None
        assert walk.seen["gone"]["status"] == 404


class TestDeliveries:
    """The deliveries, by the client's own types."""

    def test_listed(self, walk: Walk) -> None:
        """Deliveries are listed with their events, the newest first."""
        name = "webhookEvent" if walk.is_first else "webhook_event"
        found = walk.seen["deliveries"]

        assert [one[name]["id"] for one in found] == walk.event_ids
        if not walk.is_first:
            assert walk.seen["deliveriesIterated"] == found

    def test_redelivered(self, walk: Walk) -> None:
        """An event is sent again."""
        assert walk.seen["redelivered"] == {"answered": None}


class TestVerifiers:
    """What the verifiers say of what a running server sent."""

    @pytest.mark.parametrize("signing", SIGNINGS)
    def test_client(self, walk: Walk, signing: str) -> None:
        """Each is accepted, unless the client is of 0.x and the key of Standard Webhooks signed."""
        verdicts = walk.verdicts(signing, "polar")

        if walk.is_first and signing == "standard":
            assert {one["raised"] for one in verdicts} <= _REFUSALS
        else:
            assert {one["answered"] for one in verdicts} == TYPES

    @pytest.mark.parametrize("signing", SIGNINGS)
    def test_standard(self, walk: Walk, signing: str) -> None:
        """The library of Standard Webhooks accepts each, unless the whole secret signed alone."""
        if not walk.is_first:  # it comes with the clients of 0.x
            assert "standard" not in walk.seen["verdicts"][0]
            return
        verdicts = walk.verdicts(signing, "standard")
        if signing == "whole":
            assert {one["raised"] for one in verdicts} <= _REFUSALS
        else:
            assert {one["answered"] for one in verdicts} == TYPES

    def test_tampering(self, walk: Walk) -> None:
        """A delivery of which anything was changed is accepted by no verifier."""
        for verifier in ("polar", "standard") if walk.is_first else ("polar",):
            verdicts = walk.verdicts("nothing", verifier)
            assert len(verdicts) == 6
            assert {one["raised"] for one in verdicts} <= _REFUSALS
