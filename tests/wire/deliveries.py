"""Deliveries of webhooks, as a receiver gets them from a running server."""

from dataclasses import dataclass, replace
from typing import Any

from receiving import Received, Receiver
from support import Organization

# What happens to an organization, its customers and their members, and causes a webhook.
TYPES = {
    "customer.created", "customer.updated", "customer.deleted", "customer.state_changed",
    "member.created", "member.updated", "member.deleted", "organization.updated",
}  # fmt: skip
# How many webhooks a life of these customers is.
_CAUSED = 15
# `uses_standard_webhook_signature` of an endpoint, by what signs then.
SIGNINGS = {"both": None, "whole": False, "standard": True}
_HEADERS = ("webhook-id", "webhook-timestamp", "webhook-signature")
_SCOPES = ("customers:write", "members:write", "organizations:write", "webhooks:write")


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a verifier is given.

    Attributes:
        body: as it came.
        headers: those of Standard Webhooks.
        secret: the endpoint's.
    """

    body: str
    headers: dict[str, str]
    secret: str

    @property
    def arguments(self) -> dict[str, Any]:
        """Its parts by their names."""
        return {"body": self.body, "headers": self.headers, "secret": self.secret}

    def tamper(self) -> dict[str, "Delivery"]:
        """Deliveries that no verifier may accept, by what is wrong with them."""
        later = str(int(self.headers["webhook-timestamp"]) + 1)
        return {
            "body": replace(self, body=self.body.replace("example.com", "example.net")),
            "space": replace(self, body=self.body + " "),
            "id": self._with(("webhook-id", "another")),
            "timestamp": self._with(("webhook-timestamp", later)),
            "signature": self._with(("webhook-signature", "v1,AAAA")),
            "secret": replace(self, secret="whsec_" + "Ab3d" * 11),
        }

    def _with(self, header: tuple[str, str]) -> "Delivery":
        return replace(self, headers={**self.headers, header[0]: header[1]})


def ask(organization: Organization, method: str, path: str, body: object = None) -> Any:
    """What the API answers to somebody who may do all of this."""
    answer = organization.request(method, path, token=organization.token(*_SCOPES), body=body)
    assert answer.status_code < 300, answer.text
    return answer.json() if answer.content else None


def make_endpoint(organization: Organization, url: str, **values: Any) -> dict[str, Any]:
    """A new endpoint for all that happens."""
    body = {"url": url, "format": "raw", "events": sorted(TYPES), **values}
    made: dict[str, Any] = ask(organization, "POST", "/v1/webhooks/endpoints", body)
    return made


def cause_all(
    organization: Organization,
    receiver: Receiver,
    signing: str = "both",
    api_version: str | None = "2026-04",
) -> list[Delivery]:
    """At least one delivery of each type, in order.

    Args:
        organization: where it all happens.
        receiver: gets them.
        signing: a key of `SIGNINGS`.
        api_version: named by each body; None for none.
    """
    endpoint = make_endpoint(
        organization,
        receiver.url(),
        uses_standard_webhook_signature=SIGNINGS[signing],
        api_version=api_version,
    )
    new = {"email": "ada@example.com", "name": "Zoë “Q” 🎉", "external_id": "usr_1"}
    ada = ask(organization, "POST", "/v1/customers/", {**new, "metadata": {"rate": 2.5}})
    ask(organization, "PATCH", f"/v1/customers/{ada['id']}", {"name": "Ada King"})
    crew = {"type": "team", "name": "Crew", "email": "crew@example.com"}
    team = ask(organization, "POST", "/v1/customers/", crew)
    hand = {"customer_id": team["id"], "email": "hand@example.com"}
    member = ask(organization, "POST", "/v1/members/", hand)
    ask(organization, "PATCH", f"/v1/members/{member['id']}", {"name": "Hand"})
    ask(organization, "DELETE", f"/v1/members/{member['id']}")
    ask(organization, "PATCH", f"/v1/organizations/{organization.id}", {"name": "Arctic Fish"})
    ask(organization, "DELETE", f"/v1/customers/{ada['id']}")
    receiver.wait_for(_CAUSED)
    return [read(request, endpoint["secret"]) for request in receiver.requests]


def read(request: Received, secret: str) -> Delivery:
    """A request as a delivery."""
    headers = {name: request.header(name) for name in _HEADERS}
    return Delivery(request.body.decode(), headers, secret)
