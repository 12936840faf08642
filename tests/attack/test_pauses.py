"""No request keeps the event loop from others for long, whatever it brings and whoever sends it."""

import asyncio
import gc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from attack import pausing
from dashboard import over_http
from icefloe.api.endpoints import ROUTES
from icefloe.api.routing import Route
from icefloe.asgi.types import Asgi
from icefloe.assembly import create_app, open_services
from icefloe.dashboard.application import PAGES
from icefloe.dashboard.pages import Page
from icefloe.log import Log
from icefloe.services import Services
from icefloe.settings import Settings
from support import Organization, run

PAUSE_SECONDS = 0.05
"""Of processor time: for so long one request may keep all others waiting."""
TRIES = 5
"""A processor that does much else at once is slower for a while: the best of so many counts."""

ID = "5b0d2f8e-6c1a-4f0e-9b57-3c8a1f6d2e90"
MANY = 5_000_000
MOST = 1024 * 1024 - 200
"""Bytes of which the parser still reads a body whole."""
QUERY = 65_000
"""Bytes of a query string: as many as the server lets through."""


def _customer(fields: bytes) -> bytes:
    return b'{"email":"ada@example.com",' + fields + b"}"


def _nulls(count: int) -> bytes:
    return _customer(b'"metadata":{' + b",".join(b'"k%d":null' % at for at in range(count)) + b"}")


def _repeated(head: bytes, part: bytes, tail: bytes, size: int) -> bytes:
    return head + part * ((size - len(head) - len(tail)) // len(part)) + tail


BODIES: dict[str, bytes] = {
    "nulls": _nulls(500_000),
    "nulls that are parsed": _nulls(29_000),
    "as many nulls as are judged": _nulls(100),
    "lists in metadata": _customer(
        b'"metadata":{'
        + b",".join(b'"k%d":[%s]' % (at, b",".join([b"[]"] * 290)) for at in range(100))
        + b"}"
    ),
    "long keys": _customer(
        b'"metadata":{'
        + b",".join(b'"%s%d":null' % (b"k" * 10_000, at) for at in range(100))
        + b"}"
    ),
    "locale": _repeated(b'{"email":"a@b.com","locale":"en', b"-abcde", b'"}', 6_000_000),
    "locale that is parsed": _repeated(b'{"email":"a@b.com","locale":"en', b"-abcde", b'"}', MOST),
    "type of lists": _repeated(b'{"type":[', b"[],", b"[]]}", 3 * 3_000_000),
    "type of lists that is parsed": _repeated(b'{"type":[', b"[],", b"[]]}", 170_000),
    "lists": _repeated(b"[", b"[],", b"[]]", MOST),
    "lists that are parsed": _repeated(b"[", b"[],", b"[]]", 170_000),
    "depth": _repeated(b"", b"[", b"", MOST),
    "digits": _repeated(b'{"name":[', b"9" * 4299 + b",", b"9]}", MOST),
    "escapes": _repeated(b'{"name":"', b"\\u00e9", b'"}', MOST),
    "one text": _repeated(b'{"name":"', b"a", b'"}', 10_000_000),
    "commas": _repeated(b'{"email":"', b",", b'"}', MOST),
    "white space": _repeated(b'{"email":"', b" ", b'"}', MOST),
    "e-mail address": _repeated(b'{"email":"', b"a ", b'<a@b.com>"}', MOST),
    "address": _repeated(b'{"billing_address":{"line1":"', b"a", b'"}}', MOST),
    "tax number": _repeated(
        b'{"email":"a@b.com","billing_address":{"country":"FR"},"tax_id":"', b"1", b'"}', MOST
    ),
    "not UTF-8": _repeated(b"", b"\xff", b"", MOST),
}
TEXTS = {
    "text": (b"a" * (10 * 1024 * 1024), "text/plain"),
    "not UTF-8": (b"\xff" * (10 * 1024 * 1024), "text/plain"),
}
QUERIES = {
    "sorting": "sorting=x&",
    "organizations": "organization_id=x&",
    "metadata": "metadata[k]=v&",
    "keys": "metadata[k{}]=v&",
    "unknown": "x{}=y&",
    "percent signs": "query=%",
    "letters": "query=a b",
    "commas": "page=1,",
}


@pytest.fixture(scope="module")
def attacked_services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """The services over a database of these tests."""
    folder: Path = tmp_path_factory.mktemp("pauses")
    opened = run(open_services(Settings(database=f"{folder / 'data.db'}")))
    yield opened
    run(opened.stop())


@pytest.fixture(scope="module")
def application(
    attacked_services: Services, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Asgi]:
    """The application, ready to answer, with its dashboard loaded."""
    log = (tmp_path_factory.mktemp("log") / "log").open("w", encoding="utf-8")
    database = f"{tmp_path_factory.mktemp('secret') / 'data.db'}"
    made = create_app(Settings(database=database), log=Log("json", log), services=attacked_services)
    run(_begin(made))
    # As a server has it that starts: what other tests left is not searched while these ask.
    gc.collect()
    gc.freeze()
    yield made
    gc.unfreeze()


async def _begin(application: Asgi) -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def receive() -> dict[str, Any]:
        if begun.is_set():
            await ended.wait()
        return {"type": "lifespan.startup"}

    async def send(_: Any) -> None:
        begun.set()

    living = asyncio.create_task(application({"type": "lifespan"}, receive, send))
    await begun.wait()
    living.cancel()  # the server's end is not what is tested here
    await asyncio.gather(living, return_exceptions=True)
    for path in ("/healthz", "/dashboard/sign-in"):
        await pausing.ask(application, "GET", path, {})


@pytest.fixture(scope="module")
def attacked(attacked_services: Services) -> Organization:
    """An organization without customers."""
    made = run(attacked_services.organizations.create("Attacked"))
    return Organization(made.id, attacked_services, "")


def _ask(
    application: Asgi, method: str, path: str, headers: dict[str, str], body: bytes = b""
) -> pausing.Answer:
    """Ask until others had to wait for a short time only, a few times at most."""
    answers = (run(pausing.ask(application, method, path, headers, body)) for _ in range(TRIES))
    answer = next(answers)
    while answer.pause > PAUSE_SECONDS and (another := next(answers, None)):
        answer = another
    return answer


def _path_of(route: Route) -> str:
    path = route.path
    for name in ("member_external_id", "external_id"):
        path = path.replace(f"{{{name}}}", "x")
    for name in ("member_id", "id"):
        path = path.replace(f"{{{name}}}", ID)
    return path


def _shown(organization: Organization) -> dict[str, str]:
    return {"Authorization": f"Bearer {organization.token()}"}


class TestApi:
    """Bodies and query strings sent to the API's endpoints."""

    @pytest.mark.parametrize("name", BODIES)
    @pytest.mark.parametrize(
        "route",
        [route for route in ROUTES.routes if route.body],
        ids=lambda route: f"{route.method} {route.path}",
    )
    def test_bodies(
        self, application: Asgi, attacked: Organization, route: Route, name: str
    ) -> None:
        """A body of any kind is refused at once, with an answer of bounded length."""
        headers = {**_shown(attacked), "Content-Type": "application/json"}

        answer = _ask(application, route.method, _path_of(route), headers, BODIES[name])

        assert answer.pause <= PAUSE_SECONDS
        assert answer.status in {400, 404, 422}
        assert len(answer.body) < 200_000

    @pytest.mark.parametrize("name", TEXTS)
    def test_texts(self, application: Asgi, attacked: Organization, name: str) -> None:
        """Of a text that is no JSON, the answer shows the beginning."""
        body, kind = TEXTS[name]
        headers = {**_shown(attacked), "Content-Type": kind}

        answer = _ask(application, "POST", "/v1/customers/", headers, body)

        assert answer.pause <= PAUSE_SECONDS
        assert answer.status == 422
        assert b'"model_attributes_type"' in answer.body
        assert len(answer.body) < 20_000

    @pytest.mark.parametrize("name", QUERIES)
    @pytest.mark.parametrize(
        "route",
        [route for route in ROUTES.routes if route.method == "GET" and route.scopes],
        ids=lambda route: route.path,
    )
    def test_queries(
        self, application: Asgi, attacked: Organization, route: Route, name: str
    ) -> None:
        """A query string as long as the server takes is answered at once."""
        pair = QUERIES[name]
        query = "".join(pair.format(at) for at in range(QUERY // len(pair)))[:QUERY]

        answer = _ask(application, "GET", f"{_path_of(route)}?{query}", _shown(attacked))

        assert answer.pause <= PAUSE_SECONDS
        assert answer.status in {200, 404, 422}
        assert len(answer.body) < 200_000


FORMS: dict[str, tuple[str, bytes]] = {
    "another character set": (
        "multipart/form-data; boundary=a; charset=punycode",
        b'--a\r\nContent-Disposition: form-data; name="email"\r\n\r\n'
        + b"a" * 150_000
        + b"-" * 150_000
        + b"\r\n--a--\r\n",
    ),
    "many parts": (
        "multipart/form-data; boundary=a",
        b'--a\r\nContent-Disposition: form-data; name="x"\r\n\r\n\r\n' * 15_000,
    ),
    "many headers": (
        "multipart/form-data; boundary=a",
        b"--a\r\n" + b"X-Y: z\r\n" * 120_000,
    ),
    "half boundaries": (
        "multipart/form-data; boundary=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        b"--aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n"
        b'Content-Disposition: form-data; name="x"\r\n\r\n' + b"\r\n--aaaaaaa" * 90_000,
    ),
    "escapes": ("application/x-www-form-urlencoded", b"email=" + b"%41" * 340_000),
    "many fields": ("application/x-www-form-urlencoded", b"a&" * 500_000),
    "one field": ("application/x-www-form-urlencoded", b"email=" + b"a" * 1_000_000),
    "white space": ("application/x-www-form-urlencoded", b"email=" + b"+" * 1_000_000),
}


@pytest.fixture(scope="module")
def signed_in(
    application: Asgi, attacked: Organization, attacked_services: Services
) -> dict[str, str]:
    """What the browser of a signed-in owner sends with each form."""
    person = run(over_http.add_person(attacked_services, attacked))
    page = run(pausing.ask(application, "GET", "/dashboard/sign-in", {}))
    visitor = _cookie(page)
    fields = f"csrf={_token(page)}&email={person.email}&password={over_http.PASSWORD}"
    kind = "application/x-www-form-urlencoded"
    headers = {"Cookie": visitor, "Content-Type": kind}
    body = fields.replace(" ", "+").encode()
    entered = run(pausing.ask(application, "POST", "/dashboard/sign-in", headers, body))
    assert entered.status == 303
    session = _cookie(entered)
    account = run(pausing.ask(application, "GET", "/dashboard/account", {"Cookie": session}))
    return {"Cookie": session, "X-CSRF-Token": _token(account)}


class TestDashboard:
    """Forms sent to the dashboard."""

    @pytest.mark.parametrize("name", FORMS)
    @pytest.mark.parametrize(
        "page", [page for page in PAGES if page.submit], ids=lambda page: page.path
    )
    def test_forms(
        self,
        application: Asgi,
        attacked: Organization,
        signed_in: dict[str, str],
        page: Page,
        name: str,
    ) -> None:
        """A form of any kind is refused at once."""
        kind, body = FORMS[name]
        path = f"/dashboard{page.path}".replace("{slug}", str(attacked.id))
        for place in ("token", "upload_id", "customer_id", "member_id", "token_id", "person_id"):
            path = path.replace(f"{{{place}}}", ID)

        answer = _ask(application, "POST", path, {**signed_in, "Content-Type": kind}, body)

        assert answer.pause <= PAUSE_SECONDS
        assert 300 <= answer.status < 500

    @pytest.mark.parametrize("name", FORMS)
    def test_strangers(self, application: Asgi, name: str) -> None:
        """A form of a stranger whom no page has given a token is not even read."""
        kind, body = FORMS[name]

        answer = _ask(application, "POST", "/dashboard/sign-in", {"Content-Type": kind}, body)

        assert answer.pause <= PAUSE_SECONDS
        assert answer.status == 403


def _cookie(answer: pausing.Answer) -> str:
    """The cookies that an answer sets, as a browser shows them."""
    values = [value.decode() for name, value in answer.headers if name == b"set-cookie"]
    pairs = [value.partition(";")[0] for value in values]
    return "; ".join(pair for pair in pairs if not pair.endswith('=""'))


def _token(answer: pausing.Answer) -> str:
    forms = over_http.Seen(answer.body.decode()).forms
    return next(value for form in forms for name, value in form.fields if name == "csrf")
