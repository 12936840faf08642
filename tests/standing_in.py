"""A stand-in for tests: what its control API is asked through, and an organization treated by it."""

from dataclasses import dataclass, field
from typing import Any

import httpx

import plain_http

KEY = "the control key of these tests"


@dataclass
class StandIn:
    """A running server, and what it is controlled through."""

    url: str
    made: list["Treated"] = field(default_factory=list)

    def control(
        self, method: str, path: str, body: object = None, *, key: str | None = KEY
    ) -> httpx.Response:
        """Ask the control API."""
        headers = {} if key is None else {"Authorization": f"Bearer {key}"}
        client = plain_http.client(f"{self.url}/_icefloe", headers=headers)
        if body is None:
            return client.request(method, path)
        return client.request(method, path, json=body)

    def make(self, **values: Any) -> "Treated":
        """An organization of a test's own."""
        made = self.control("POST", "/organizations", values)
        assert made.status_code == 201, made.text
        treated = Treated(self, made.json()["id"], made.json()["token"])
        self.made.append(treated)
        return treated


@dataclass
class Treated:
    """An organization that tests treat as they need."""

    server: StandIn
    id: str
    token: str

    def control(self, method: str, path: str = "", body: object = None) -> httpx.Response:
        """Ask the control API about it."""
        return self.server.control(method, f"/organizations/{self.id}{path}", body)

    def send(self, method: str, path: str, content: str) -> httpx.Response:
        """Ask the control API about it, with a body of JSON as it is."""
        headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
        url = f"{self.server.url}/_icefloe/organizations/{self.id}{path}"
        return plain_http.request(method, url, content=content, headers=headers, timeout=120)

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> httpx.Response:
        """Ask the API in its name."""
        sent = {"Authorization": f"Bearer {self.token}"} | headers
        client = plain_http.client(self.server.url, headers=sent)
        if body is None:
            return client.request(method, path)
        return client.request(method, path, json=body)

    def create(self, email: str, **values: Any) -> dict[str, Any]:
        """Make a customer."""
        made = self.ask("POST", "/v1/customers/", {"email": email, **values})
        assert made.status_code == 201, made.text
        customer: dict[str, Any] = made.json()
        return customer

    def emails(self) -> list[str]:
        """The addresses of its customers, sorted."""
        items = self.ask("GET", "/v1/customers/?limit=100&sorting=email").json()["items"]
        return [item["email"] for item in items]

    def requests(self) -> list[dict[str, Any]]:
        """What was asked in its name."""
        items: list[dict[str, Any]] = self.control("GET", "/requests").json()["items"]
        return items
