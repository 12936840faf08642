"""The rate limit: how often a caller may ask, and what is answered to one who asked too often."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, cast
from uuid import UUID, uuid4

import pytest

import plain_http
from described import check_answer, find_document
from icefloe.api import rates
from icefloe.api.messages import Request
from icefloe.assembly import open_services
from icefloe.control.worlds import WorldClock
from icefloe.domain.values.access import Subject
from icefloe.services import Services
from icefloe.settings import Settings
from support import HeldTime, Organization, Server, make_organization_of, run, start_server

LIST = "/v1/customers/?limit=1"
MEGABYTE = 1024 * 1024
ACME, GLOBEX = uuid4(), uuid4()


@contextmanager
def _limited(folder: Path, *flags: str) -> Iterator[tuple[Server, Services]]:
    """A server with a rate limit, and the services over its database."""
    server = start_server(str(folder / "limited.db"), folder / "log", *flags)
    try:
        services = run(open_services(Settings(database=server.database)))
        yield server, services
        run(services.stop())
    finally:
        server.stop()


@pytest.fixture
def limited(tmp_path: Path) -> Iterator[Callable[[str], Callable[[], Organization]]]:
    """Starts a server with a rate limit; gives what makes organizations on it."""
    with ExitStack() as stack:

        def start(rate: str, *flags: str) -> Callable[[], Organization]:
            limit = _limited(tmp_path, "--rate-limit", rate, *flags)
            server, services = stack.enter_context(limit)
            return lambda: make_organization_of(server, services)

        yield start


def _ask(url: str, times: int, token: str | None = None, path: str = LIST) -> list[int]:
    """The statuses of so many requests, one after another on one connection."""
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    with plain_http.client(url, headers=headers) as client:
        return [client.get(path).status_code for _ in range(times)]


class TestAnswers:
    """What a running server answers."""

    def test_off_by_default(self, organization: Organization) -> None:
        """Without a rate limit everybody asks as often as they like."""
        assert set(_ask(organization.url, 61, "polar_oat_off_by_default")) == {401}
        assert set(_ask(organization.url, 501, path="/v1/nope")) == {404}
        assert set(_ask(organization.url, 501, organization.token(), "/v1/nope")) == {404}

    @pytest.mark.processes
    def test_anonymous(self, limited: Callable[[str], Callable[[], Organization]]) -> None:
        """Without a token an address may ask so often for the API, and ever so often for the rest."""
        acme = limited("3/min")()

        assert _ask(acme.url, 2) == [401, 401]
        assert _ask(acme.url, 2, path="/v1/nope") == [404, 429]
        assert _ask(acme.url, 1, path="/api/v1/customers/") == [429]
        for path in ("/healthz", "/readyz", "/docs", "/2026-10/openapi.json"):
            assert _ask(acme.url, 4, path=path) == [200] * 4
        # A token is known first: what its address has asked for is not its affair.
        assert _ask(acme.url, 1, acme.token()) == [200]

    @pytest.mark.processes
    def test_a_bad_token(self, limited: Callable[[str], Callable[[], Organization]]) -> None:
        """A token that is not valid is refused 60 times a minute, and then told so no more."""
        acme = limited("sandbox")()

        assert _ask(acme.url, 62, "polar_oat_bad") == [401] * 60 + [429] * 2
        assert _ask(acme.url, 1, "polar_oat_worse") == [401]
        assert _ask(acme.url, 1, "polar_oat_bad", "/healthz") == [401]

    @pytest.mark.processes
    def test_an_organization(self, limited: Callable[[str], Callable[[], Organization]]) -> None:
        """All tokens of an organization count together, whatever is answered, and no other's do."""
        make = limited("sandbox")
        acme, globex = make(), make()

        assert _ask(acme.url, 98, acme.token()) == [200] * 98
        assert _ask(acme.url, 3, acme.token("members:read")) == [403, 403, 429]
        assert _ask(acme.url, 1, acme.token()) == [429]
        assert _ask(globex.url, 1, globex.token()) == [200]

    @pytest.mark.processes
    def test_what_is_answered(self, limited: Callable[[str], Callable[[], Organization]]) -> None:
        """The answer has no body and says in whole seconds when to come back."""
        acme = limited("1/min")()
        assert acme.get(LIST).status_code == 200

        answer = acme.get(LIST, headers={"Polar-Version": "2026-10"})

        shown = {name: answer.headers[name] for name in {*answer.headers} - {"date", "server"}}
        assert (answer.status_code, answer.content) == (429, b"")
        assert shown == {"content-length": "0", "polar-version": "2026-10", "retry-after": "60"}
        check_answer(find_document("2026-10"), "GET", "/v1/customers/", answer)

    @pytest.mark.processes
    def test_what_comes_first(self, limited: Callable[[str], Callable[[], Organization]]) -> None:
        """What is wrong with version or length is told first, and such a request does not count."""
        acme = limited("2/min")()
        assert acme.get(LIST).status_code == 200

        def statuses() -> list[int]:
            unknown = acme.get(LIST, headers={"Polar-Version": "nope"})
            endless = acme.request("POST", LIST, headers={"Transfer-Encoding": "chunked"})
            large = acme.request("POST", LIST, content=b"x" * (10 * MEGABYTE + 1))
            return [unknown.status_code, endless.status_code, large.status_code]

        assert statuses() == [404, 411, 413]
        assert [acme.get(LIST).status_code for _ in range(2)] == [200, 429]
        assert statuses() == [404, 411, 413]

    @pytest.mark.processes
    def test_workers(self, limited: Callable[..., Callable[[], Organization]]) -> None:
        """Each process counts by itself: several let through as many times more at most."""
        acme = limited("1/min", "--workers", "2")()
        acme.token()

        statuses = [acme.get(LIST).status_code for _ in range(20)]  # each on a new connection

        assert {*statuses} == {200, 429}
        assert statuses.count(200) <= 2

    @pytest.mark.processes
    def test_browsers(self, limited: Callable[[str], Callable[[], Organization]]) -> None:
        """A page of another origin may read the answer; asking whether it may ask does not count."""
        acme = limited("1/min")()
        origin = {"Origin": "https://shop.example"}
        preflight = {**origin, "Access-Control-Request-Method": "GET"}

        assert acme.request("OPTIONS", LIST, token=None, headers=preflight).status_code == 200
        answers = [acme.get(LIST, token=None, headers=origin) for _ in range(2)]

        assert [answer.status_code for answer in answers] == [401, 429]
        assert answers[1].headers["access-control-allow-origin"] == "*"


def _request(
    organization_id: UUID | None = None,
    *,
    token: str | None = None,
    address: str | None = "192.0.2.1",
    path: str = "/v1/customers/",
) -> Request:
    """A request, as it is when it is known who asks."""
    shown = [(b"authorization", f"Bearer {token}".encode())] if token else []
    scope: dict[str, Any] = {
        "method": "GET",
        "path": path,
        "query_string": b"",
        "scheme": "http",
        "headers": shown,
        "client": None if address is None else (address, 1234),
    }
    request = Request(scope, cast("Services", None))
    if organization_id is not None:
        request.subject = Subject(organization_id, uuid4(), frozenset())
    return request


class TestRates:
    """How requests are counted."""

    @pytest.fixture
    def held(self) -> HeldTime:
        """The present moment."""
        return HeldTime()

    @pytest.fixture
    def make(self, held: HeldTime) -> Callable[[int], rates.Rates]:
        """Makes counters by the held time."""
        return lambda limit: rates.Rates(limit, held.clock)

    def test_who_is_who(self, make: Callable[[int], rates.Rates]) -> None:
        """Organizations, bad tokens and addresses are told apart; all without an address are one."""
        counted = make(1)
        callers = [
            _request(ACME, token="a"),  # noqa: S106 - not a secret
            _request(GLOBEX, token="a"),  # noqa: S106 - not a secret
            _request(token="a"),  # noqa: S106 - not a secret
            _request(token="b"),  # noqa: S106 - not a secret
            _request(),
            _request(address="2001:db8::1"),
            _request(address=None),
        ]

        assert [counted.admit(caller) for caller in callers] == [True] * 7
        assert [counted.admit(caller) for caller in callers] == [False] * 7

    @pytest.mark.parametrize(("limit", "of_bad_tokens"), [(500, 60), (61, 60), (60, 60), (7, 7)])
    def test_bad_tokens(
        self, make: Callable[[int], rates.Rates], limit: int, of_bad_tokens: int
    ) -> None:
        """A bad token has 60 requests, unless everybody has fewer."""
        counted = make(limit)

        bad = [counted.admit(_request(token="bad")) for _ in range(501)]  # noqa: S106 - not a secret
        good = [counted.admit(_request(ACME)) for _ in range(501)]

        assert (sum(bad), sum(good)) == (of_bad_tokens, limit)

    @pytest.mark.parametrize("path", ["/healthz", "/", "/v2/customers/", "/V1/", "/x/v1/", ""])
    def test_other_paths(self, make: Callable[[int], rates.Rates], path: str) -> None:
        """Paths that are not the API's count for nothing."""
        counted = make(1)

        assert all(counted.admit(_request(path=path)) for _ in range(3))
        assert counted.callers == 0

    def test_a_window(self, make: Callable[[int], rates.Rates], held: HeldTime) -> None:
        """A window begins with the first request, and what is refused makes it no longer."""
        counted = make(2)
        seen = []
        for second in (0, 30, 40, 59.999999, 60, 100, 119, 120, 200, 259, 260):
            held.now = HeldTime.now + timedelta(seconds=second)
            seen.append(counted.admit(_request(ACME)))

        #                0     30    40     59.9   60    100   119    120   200   259   260
        assert seen == [True, True, False, False, True, True, False, True, True, True, True]

    @pytest.mark.parametrize("days", [-900, -0.001, 900])
    def test_a_clock_that_is_set(
        self, make: Callable[[int], rates.Rates], held: HeldTime, days: float
    ) -> None:
        """A clock that is set back or far ahead has left the window; the new one is as long."""
        counted = make(1)
        seen = []
        for days_on, seconds_on in ((0, 0), (days, 0), (0, 59.999), (0, 1)):
            held.pass_by(days=days_on, seconds=seconds_on)
            seen.append(counted.admit(_request(ACME)))

        assert seen == [True, True, False, True]

    def test_at_the_end_of_time(self, make: Callable[[int], rates.Rates], held: HeldTime) -> None:
        """A clock may stand at the last moment there is."""
        counted = make(1)
        held.now = held.now.replace(year=9999, month=12, day=31, hour=23, minute=59, second=59)

        assert [counted.admit(_request(ACME)) for _ in range(2)] == [True, False]

    def test_clocks_of_their_own(self, held: HeldTime) -> None:
        """Each organization's windows go by its own clock, everybody else's by the common one."""
        clock = WorldClock(now=lambda: held.now)
        clock.worlds.of(ACME).clock.change(now=held.now, is_frozen=True)
        clock.worlds.of(GLOBEX).clock.change(now=held.now, is_frozen=True)
        counted = rates.Rates(1, clock)
        callers = [_request(ACME), _request(GLOBEX), _request()]
        assert [counted.admit(caller) for caller in callers] == [True, True, True]

        clock.worlds.of(ACME).clock.change(advance=60)
        assert [counted.admit(caller) for caller in callers] == [True, False, False]
        held.pass_by(minutes=1)
        assert [counted.admit(caller) for caller in callers] == [False, False, True]

    def test_what_is_over_is_forgotten(
        self, make: Callable[[int], rates.Rates], held: HeldTime
    ) -> None:
        """Callers whose window is over are forgotten while others ask."""
        counted = make(1)
        for number in range(100):
            counted.admit(_request(token=f"first {number}"))
        held.pass_by(minutes=1)
        for number in range(60):
            counted.admit(_request(token=f"second {number}"))

        assert counted.callers == 60
        assert not counted.admit(_request(token="second 0"))  # noqa: S106 - not a secret

    def test_bounded(self, make: Callable[[int], rates.Rates]) -> None:
        """Whoever makes up tokens fills no memory: there is room for so many, and the first go."""
        counted = make(1)
        for number in range(rates.MAX_CALLERS + 2):
            assert counted.admit(_request(token=f"token {number}"))

        assert counted.callers == rates.MAX_CALLERS
        assert not counted.admit(_request(token="token 2"))  # noqa: S106 - not a secret
        assert counted.admit(_request(token="token 0"))  # noqa: S106 - not a secret

    def test_no_token_is_kept(self, make: Callable[[int], rates.Rates]) -> None:
        """A token is not in memory where it was counted."""
        counted = make(1)
        counted.admit(_request(token="polar_oat_secret"))  # noqa: S106 - not a secret

        assert "polar_oat_secret" not in repr(counted._windows)
