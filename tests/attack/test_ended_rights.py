"""Rights that end while a request is under way: it must not use them."""

import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode
from uuid import UUID, uuid4

import pytest

from attack import raw
from dashboard import over_http
from dashboard.over_http import Visitor
from icefloe.domain.values.memberships import Role
from support import Organization, new_customer, run

BODY = b'{"email": "ada@example.com", "name": "Ada"}'
MANY = 1_500
# Larger together than what the kernel and the server send ahead to a client that does not read.
LONG = "x" * 4_900

End = Callable[[Organization, UUID], None]


def _demote(organization: Organization, person_id: UUID) -> None:
    work = organization.services.memberships.change_role(
        organization.id, person_id, "member", by=None
    )
    run(work)


def _remove(organization: Organization, person_id: UUID) -> None:
    run(organization.services.memberships.remove(organization.id, person_id, by=None))


def _sign_out(organization: Organization, person_id: UUID) -> None:
    run(organization.services.sessions.end_all(person_id))


def _status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def _emails(organization: Organization) -> list[str]:
    return [item["email"] for item in organization.get("/v1/customers/").json()["items"]]


def _tokens(organization: Organization) -> list[str]:
    return [token.name for token in run(organization.services.tokens.find_all(organization.id))]


def _owners(organization: Organization) -> set[UUID]:
    found = run(organization.services.memberships.find_of_organization(organization.id))
    return {person.id for person, role in found if role == "owner"}


class TestForms:
    """Forms at the dashboard: the rights end after the server has judged the head."""

    @pytest.fixture
    def other(self, organization: Organization) -> UUID:
        """Another owner, so that the first can go."""
        return run(over_http.add_person(organization.services, organization)).id

    @pytest.fixture
    def sender(self, organization: Organization, other: UUID) -> tuple[Visitor, UUID]:
        """An owner who is signed in, and their id."""
        visitor = over_http.come_in(organization)
        (person_id,) = _owners(organization) - {other}
        return visitor, person_id

    def _send(
        self, visitor: Visitor, path: str, values: Mapping[str, str], end: Callable[[], None]
    ) -> bytes:
        """Send a form whose body comes after rights have ended."""
        body = urlencode({over_http.TOKEN: visitor.token("/dashboard/account"), **values}).encode()
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Content-Length": len(body),
            "Cookie": "; ".join(f"{name}={value}" for name, value in visitor.cookies.items()),
            "Connection": "close",
        }
        with raw.waited_for(visitor.url, "POST", path, headers) as connection:
            end()
            connection.sendall(body)
            return raw.read_to_end(connection)

    @pytest.mark.parametrize(("end", "status"), [(_demote, 403), (_remove, 404), (_sign_out, 303)])
    def test_token(
        self, organization: Organization, sender: tuple[Visitor, UUID], end: End, status: int
    ) -> None:
        """No token is created."""
        visitor, person_id = sender
        values = {"name": "mine", "scopes": "customers:read", "expiry": "none"}
        path = f"{over_http.home_of(organization)}/settings/tokens/new"

        answer = self._send(visitor, path, values, lambda: end(organization, person_id))

        assert _status(answer) == status
        assert _tokens(organization) == []

    def test_token_with_rights(
        self, organization: Organization, sender: tuple[Visitor, UUID]
    ) -> None:
        """The same form creates one where no rights have ended."""
        values = {"name": "mine", "scopes": "customers:read", "expiry": "none"}
        path = f"{over_http.home_of(organization)}/settings/tokens/new"

        assert _status(self._send(sender[0], path, values, lambda: None)) == 200
        assert _tokens(organization) == ["mine"]

    @pytest.mark.parametrize(("end", "status"), [(_demote, 403), (_remove, 404), (_sign_out, 303)])
    @pytest.mark.parametrize("role", ["owner", "member"])
    def test_role(
        self,
        organization: Organization,
        sender: tuple[Visitor, UUID],
        other: UUID,
        role: Role,
        end: End,
        status: int,
    ) -> None:
        """The sender is not made an owner again, and another owner stays one."""
        visitor, person_id = sender
        target = person_id if role == "owner" else other
        path = f"{over_http.home_of(organization)}/settings/people/{target}"
        left: list[set[UUID]] = []

        def end_rights() -> None:
            end(organization, person_id)
            left.append(_owners(organization))

        answer = self._send(visitor, path, {"role": role}, end_rights)

        assert _status(answer) == status
        assert left == [_owners(organization)]
        assert other in left[0]

    @pytest.mark.parametrize(("end", "status"), [(_remove, 404), (_sign_out, 303)])
    @pytest.mark.parametrize("role", ["owner", "member"])
    def test_customer(
        self, organization: Organization, other: UUID, role: Role, end: End, status: int
    ) -> None:
        """No customer is created."""
        visitor = over_http.come_in(organization, role)
        found = run(organization.services.memberships.find_of_organization(organization.id))
        (person_id,) = {person.id for person, _ in found} - {other}
        path = f"{over_http.home_of(organization)}/customers/new"
        values = {"type": "individual", "email": "ada@example.com"}

        answer = self._send(visitor, path, values, lambda: end(organization, person_id))

        assert _status(answer) == status
        assert _emails(organization) == []

    def test_invitation(self, organization: Organization, other: UUID) -> None:
        """A person who is signed out everywhere does not join, where no sign-in is needed either."""
        guest = run(over_http.add_person(organization.services, organization))
        _remove(organization, guest.id)
        visitor = Visitor(organization.url)
        assert visitor.sign_in(guest.email).status_code == 303
        _, link = run(organization.services.invitations.create(organization.id, "owner", by=None))

        answer = self._send(
            visitor,
            f"/dashboard/invitations/{link}",
            {},
            lambda: _sign_out(organization, guest.id),
        )

        assert _status(answer) == 403
        assert _owners(organization) == {other}


class TestApi:
    """Requests to the API whose token is changed after the server has judged the head."""

    def _send(
        self,
        organization: Organization,
        token: str,
        method: str,
        path: str,
        end: Callable[[], None],
    ) -> bytes:
        headers = {
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json",
            "Content-Length": len(BODY),
            "Connection": "close",
        }
        with raw.waited_for(organization.url, method, path, headers) as connection:
            end()
            connection.sendall(BODY)
            return raw.read_to_end(connection)

    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("POST", "/v1/customers/"),
            ("PATCH", "/v1/customers/external/usr_1"),
            ("PUT", "/v1/customers/external/usr_1"),
            ("DELETE", "/v1/customers/external/usr_1"),
        ],
    )
    def test_revoked(self, organization: Organization, method: str, path: str) -> None:
        """Nothing is written."""
        organization.keep(new_customer(1))
        tokens = organization.services.tokens
        token, shown = run(tokens.create(organization.id, "short-lived", ["customers:write"]))

        answer = self._send(organization, shown, method, path, lambda: run(tokens.revoke(token.id)))

        assert _status(answer) == 401
        assert b"invalid_token" in answer
        assert _emails(organization) == ["customer1@example.com"]

    def test_other_scopes(self, organization: Organization) -> None:
        """Nor where the token may only read by then."""
        tokens = organization.services.tokens
        token, shown = run(tokens.create(organization.id, "changing", ["customers:write"]))

        def change() -> None:
            run(tokens.update(organization.id, token.id, scopes=["customers:read"]))

        answer = self._send(organization, shown, "POST", "/v1/customers/", change)

        assert _status(answer) == 403
        assert _emails(organization) == []

    def test_valid(self, organization: Organization) -> None:
        """The same request is carried out where nothing has changed."""
        token = organization.token()

        answer = self._send(organization, token, "POST", "/v1/customers/", lambda: None)

        assert _status(answer) == 201
        assert _emails(organization) == ["ada@example.com"]


class TestExports:
    """Exports whose client stops reading half-way while rights end: what was sent stays."""

    @pytest.fixture
    def crowd(self, organization: Organization) -> Organization:
        """Customers whose file is larger than what is sent ahead."""
        address = {"country": "IS", "line1": LONG, "line2": LONG}
        organization.keep(
            *(new_customer(number, billing_address=address) for number in range(MANY))
        )
        return organization

    @contextmanager
    def _begun(self, url: str, path: str, headers: Mapping[str, str]) -> Iterator[socket.socket]:
        """An export of which the client has read the first rows."""
        with socket.socket() as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.settimeout(raw.PATIENCE_SECONDS)
            client.connect(("127.0.0.1", int(url.rpartition(":")[2])))
            client.sendall(raw.head("GET", path, {**headers, "Connection": "close"}))
            beginning = b""
            while b"@example.com" not in beginning:
                part = client.recv(1000)
                assert part, beginning
                beginning += part
            assert beginning.startswith(b"HTTP/1.1 200 ")
            yield client

    def _read_rest(self, client: socket.socket) -> bytes:
        parts = []
        try:
            while part := client.recv(1 << 20):
                parts.append(part)
        except ConnectionResetError:
            pass
        return b"".join(parts)

    def _add_last(self, organization: Organization) -> None:
        """Store a customer that every export here has last."""
        last = new_customer(created_at="2026-12-01T00:00:00Z", email="last@example.com")
        organization.keep({**last, "external_id": str(uuid4())})

    def test_revoked(self, crowd: Organization) -> None:
        """The API's is cut once the token is revoked, and has no customer of after that."""
        tokens = crowd.services.tokens
        token, shown = run(tokens.create(crowd.id, "short-lived", ["customers:read"]))
        headers = {"Authorization": f"Bearer {shown}"}
        with self._begun(crowd.url, "/v1/customers/export", headers) as client:
            run(tokens.revoke(token.id))
            self._add_last(crowd)
            rest = self._read_rest(client)

        assert b"last@example.com" not in rest
        assert not rest.endswith(b"0\r\n\r\n")

    def test_expired(self, crowd: Organization) -> None:
        """The same goes for a token that expires."""
        soon = datetime.now(UTC) + timedelta(seconds=2)
        _, shown = run(
            crowd.services.tokens.create(crowd.id, "expiring", ["customers:read"], expires_at=soon)
        )
        headers = {"Authorization": f"Bearer {shown}"}
        with self._begun(crowd.url, "/v1/customers/export", headers) as client:
            threading.Event().wait(2.5)
            assert not self._read_rest(client).endswith(b"0\r\n\r\n")

    @pytest.mark.parametrize("end", [_remove, _sign_out])
    def test_dashboard(self, crowd: Organization, end: End) -> None:
        """The dashboard's is cut once its reader is removed or signed out."""
        run(over_http.add_person(crowd.services, crowd))
        before = _owners(crowd)
        visitor = over_http.come_in(crowd)
        (person_id,) = _owners(crowd) - before
        path = f"{over_http.home_of(crowd)}/customers/export.csv?sorting=created_at"
        cookies = "; ".join(f"{name}={value}" for name, value in visitor.cookies.items())
        with self._begun(crowd.url, path, {"Cookie": cookies}) as client:
            end(crowd, person_id)
            self._add_last(crowd)
            rest = self._read_rest(client)

        assert b"last@example.com" not in rest
        assert not rest.endswith(b"0\r\n\r\n")

    def test_whole(self, crowd: Organization) -> None:
        """One whose rights last comes whole, with a customer stored meanwhile."""
        headers = {"Authorization": f"Bearer {crowd.token()}"}
        with self._begun(crowd.url, "/v1/customers/export", headers) as client:
            self._add_last(crowd)
            rest = self._read_rest(client)

        assert b"last@example.com" in rest
        assert rest.endswith(b"0\r\n\r\n")
