"""`icefloe record`: a seed of a live account, which is a running server here."""

import json
import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

import icefloe as package
import plain_http
from cli.shop import make_shop
from icefloe.services import Services
from support import CLI, Organization, Server, Told, make_organization_of, run_here, start_server

pytestmark = pytest.mark.processes

NAME = "Ada Lovelace"
CUSTOMERS: list[dict[str, Any]] = [
    {
        "id": "4bdf2346-4192-4206-a183-fc96d5052f95",
        "created_at": "2025-01-01T00:00:00Z",
        "modified_at": "2025-02-01T00:00:00.5Z",
        "email": "Ada@Lovelace.example",
        "email_verified": True,
        "external_id": "usr_1",
        "name": NAME,
        "billing_name": "Analytical Engines",
        "billing_address": {
            "line1": "12 St James's Square",
            "line2": None,
            "postal_code": "SW1Y 4JH",
            "city": "Londinium",
            "state": None,
            "country": "GB",
        },
        "tax_id": ["GB980780684", "gb_vat"],
        "locale": "en-GB",
        "metadata": {
            "plan": "pro",
            "seats": 3,
            "contact": "write to ada@lovelace.example or bob@secret.example",
            "said": "ada lovelace asked",
            "link": "https://x.example/?who=ada%40lovelace.example&a=1",
            "paid": "Adaptation",
        },
    },
    {
        "id": "e894a9f2-78f9-4721-a5f9-2605aca3456f",
        "created_at": "2025-01-02T00:00:00Z",
        "type": "team",
        "email": "bob@secret.example",
        "external_id": "bob@secret.example",
        "name": "Secret Ltd",
        "owner": {"email": "boss@secret.example", "name": "The Boss", "external_id": None},
        "billing_address": {"country": "US", "state": "US-NY"},
        "tax_id": ["911144442", "us_ein"],
    },
    {
        "id": "7a057a71-b46e-4a6b-909c-99ce1dd2321a",
        "created_at": "2025-01-03T00:00:00Z",
        "email": "noname@secret.example",
        "billing_address": {"country": "KI", "city": "Tarawa", "postal_code": "KI0101"},
        "tax_id": ["12345", "vn_tin"],
    },
]
PERSONAL = (
    "lovelace", "secret.example", "analytical", "boss", "secret", "james", "sw1y", "londinium",
    "tarawa", "ki0101", "gb980780684", "911144442", "12345",
)  # fmt: skip


@pytest.fixture
def organization(server: Server, services: Services) -> Organization:
    """An organization without customers on the server that all tests share."""
    return make_organization_of(server, services)


@pytest.fixture
def account(organization: Organization) -> Organization:
    """A live account: three customers, one of them a team of two."""
    organization.keep(*CUSTOMERS)
    answer = organization.request(
        "POST",
        f"/v1/customers/{CUSTOMERS[1]['id']}/members",
        body={"email": "carol@example.com", "name": "Carol", "role": "billing_manager"},
    )
    assert answer.status_code == 201, answer.text
    return organization


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[[Path], Server]]:
    """Serves a seed on a database of its own."""
    started: list[Server] = []

    def serve(seed: Path) -> Server:
        name = f"served{len(started)}"
        database = str(tmp_path / f"{name}.db")
        started.append(start_server(database, tmp_path / f"{name}.log", "--seed", str(seed)))
        return started[-1]

    yield serve
    for server in started:
        server.process.kill()
        server.process.wait(120)


def record(account: Organization, file: Path, *flags: str) -> str:
    """Record an account into a file; gives what the file then holds."""
    run_here("record", account.url, account.token(), file, *flags)
    return file.read_text("utf-8")


def ask(url: str, token: str, path: str) -> list[dict[str, Any]]:
    """The items of a list."""
    answer = plain_http.get(url + path, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def told_by(*words: str | Path, given: str = "") -> Told:
    """What the command tells."""
    return run_here("record", *words, given=given, check=False)


# --- what is recorded -----------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["yaml", "yml", "json", "ndjson"])
def test_the_same_account_again(
    account: Organization, tmp_path: Path, serve: Callable[[Path], Server], form: str
) -> None:
    """With `--keep-personal` a server that serves the seed answers what the live one does."""
    file = tmp_path / f"seed.{form}"
    record(account, file, "--keep-personal")

    server = serve(file)

    (recorded,) = package.load(file).organizations
    token = recorded.tokens[0].value
    assert recorded.id == account.id
    for path in (
        "/v1/customers/?limit=100",
        f"/v1/members/?customer_id={CUSTOMERS[1]['id']}&limit=100",
    ):
        live = ask(account.url, account.token(), path)
        assert ask(server.url, token, path) == live
        assert len(live) in {2, 3}


def test_nothing_personal(
    account: Organization, tmp_path: Path, serve: Callable[[Path], Server]
) -> None:
    """Names, addresses and tax numbers are made up; ids, times, places and notes stay."""
    text = record(account, tmp_path / "seed.yaml")

    server = serve(tmp_path / "seed.yaml")

    assert [word for word in PERSONAL if word in text.lower()] == []
    token = package.load(tmp_path / "seed.yaml").organizations[0].tokens[0].value
    path = "/v1/customers/?limit=100&sorting=created_at"
    live, made = ask(account.url, account.token(), path), ask(server.url, token, path)
    kept = (
        "id", "created_at", "modified_at", "type", "email_verified", "locale", "organization_id",
        "deleted_at", "default_payment_method_id", "first_user_event_at",
    )  # fmt: skip
    for before, after in zip(live, made, strict=True):
        assert {name: after[name] for name in kept} == {name: before[name] for name in kept}
        assert after["metadata"].keys() == before["metadata"].keys()
        assert {name for name, value in after.items() if value is None} - {"tax_id"} == {
            name for name, value in before.items() if value is None
        }
        for field, value in (before["billing_address"] or {}).items():
            assert (after["billing_address"][field] is None) == (value is None)
            if field in {"country", "state"}:
                assert after["billing_address"][field] == value
    ada, team, other = made
    assert ada["external_id"] == "usr_1"
    assert ada["tax_id"][1] == "gb_vat"
    assert team["tax_id"][1] == "us_ein"
    assert other["tax_id"] is None
    assert {name: ada["metadata"][name] for name in ("plan", "seats", "paid")} == {
        "plan": "pro", "seats": 3, "paid": "Adaptation",
    }  # fmt: skip
    assert ada["metadata"]["contact"] == f"write to {ada['email']} or {team['email']}"
    assert ada["metadata"]["said"] == f"{ada['name']} asked"
    assert ada["metadata"]["link"] == f"https://x.example/?who={ada['email']}&a=1"
    assert team["external_id"] == team["email"]
    assert len({one["email"] for one in made}) == 3


def test_the_members_of_a_team(
    account: Organization, tmp_path: Path, serve: Callable[[Path], Server]
) -> None:
    """A team's members are recorded with their ids and roles, under made-up names."""
    record(account, tmp_path / "seed.json")

    server = serve(tmp_path / "seed.json")

    token = package.load(tmp_path / "seed.json").organizations[0].tokens[0].value
    path = f"/v1/members/?customer_id={CUSTOMERS[1]['id']}"
    live, made = ask(account.url, account.token(), path), ask(server.url, token, path)
    assert {one["role"] for one in live} == {"owner", "billing_manager"}
    same = ("id", "role", "created_at")
    assert [[one[name] for name in same] for one in made] == [
        [one[name] for name in same] for one in live
    ]
    assert {one["name"] for one in live}.isdisjoint(one["name"] for one in made)


def test_recording_it_again(account: Organization, tmp_path: Path) -> None:
    """A second recording of the same account is the same file."""
    assert record(account, tmp_path / "a.yaml") == record(account, tmp_path / "b.yaml")


def test_one_more_customer(account: Organization, tmp_path: Path) -> None:
    """Whoever comes later changes nothing about those who were there."""
    before = record(account, tmp_path / "a.yaml")
    account.keep({"email": NAME.replace(" ", ".") + "@example.com", "name": NAME})

    assert record(account, tmp_path / "b.yaml").startswith(before)


def test_many_pages(organization: Organization, tmp_path: Path) -> None:
    """Every page is read, and every customer is there once, oldest first."""
    organization.keep(
        *(
            {"email": f"c{at}@example.com", "created_at": f"2025-01-01T00:{at // 60:02}:{at % 60:02}Z"}
            for at in reversed(range(250))
        )
    )  # fmt: skip

    record(organization, tmp_path / "seed.ndjson", "--keep-personal")

    (recorded,) = package.load(tmp_path / "seed.ndjson").organizations
    assert [one.values["email"] for one in recorded.customers] == [
        f"c{at}@example.com" for at in range(250)
    ]


def test_nobody(organization: Organization, tmp_path: Path) -> None:
    """An account without customers makes a seed with a token and nobody."""
    record(organization, tmp_path / "seed.yaml")

    (recorded,) = package.load(tmp_path / "seed.yaml").organizations
    assert (len(recorded.tokens), recorded.customers) == (1, ())


def test_without_scopes(account: Organization, tmp_path: Path) -> None:
    """A token that may read customers alone records these, and says so."""
    file = tmp_path / "seed.yaml"

    told = told_by(account.url, account.token("customers:read"), file)

    assert told.status == 0
    assert told.out == f"Recorded 3 customers. Serve them: icefloe serve --seed {file}\n"
    assert told.err == (
        "Members, meters, benefits, products, discounts, subscriptions and orders are not recorded:"
        " the token may not read them, or what they need.\n"
    )
    assert "members" not in file.read_text("utf-8")


# --- what customers have --------------------------------------------------------------------------


@pytest.fixture
def shop(organization: Organization) -> Organization:
    """A live account that has sold something."""
    make_shop(organization)
    return organization


HELD = ("meters", "benefits", "products", "discounts", "subscriptions", "orders")


def test_what_customers_have(
    shop: Organization, tmp_path: Path, serve: Callable[[Path], Server]
) -> None:
    """A server that serves the recording answers what the live account does, but for who is deleted."""
    file = tmp_path / "seed.yaml"
    told = told_by(shop.url, shop.token(), file, "--keep-personal")

    server = serve(file)

    assert told.status == 0
    assert told.out == (
        "Recorded 2 customers, 2 meters, 3 benefits, 5 products, 2 discounts, 3 subscriptions and"
        f" 3 orders. Serve them: icefloe serve --seed {file}\n"
    )
    assert told.err == "2 subscriptions and orders are not recorded: their customers are deleted.\n"
    token = package.load(file).organizations[0].tokens[0].value
    for noun in HELD:
        live = ask(shop.url, shop.token(), f"/v1/{noun}/?limit=100")
        kept = [one for one in live if (one.get("customer") or {}).get("deleted_at") is None]
        assert ask(server.url, token, f"/v1/{noun}/?limit=100") == kept
    active = "/v1/customers/?active=true"
    assert ask(server.url, token, active) == ask(shop.url, shop.token(), active)
    granted = [
        one["benefit_id"]
        for one in ask(server.url, token, "/v1/benefit-grants/?is_granted=true&limit=100")
    ]
    assert sorted(granted) == sorted(one["id"] for one in ask(server.url, token, "/v1/benefits/"))


def test_nothing_personal_of_what_they_have(shop: Organization, tmp_path: Path) -> None:
    """Names, addresses and comments are made up or left out in subscriptions and orders too."""
    text = record(shop, tmp_path / "seed.json")

    (organization,) = json.loads(text)["organizations"]
    ada = organization["customers"][0]
    orders = {one["billing_reason"]: one for one in ada["orders"]}
    assert [
        word for word in ("Ada Ltd", "ada@example.com", "bob@example.com") if word in text
    ] == []
    cycle = orders["subscription_cycle"]
    assert cycle["billing_name"] not in {None, "Ada Ltd"}
    assert cycle["billing_address"]["country"] == "FR"
    assert ada["subscriptions"][0]["metadata"] == {"note": "first"}
    assert "customer" not in cycle


# --- the token ------------------------------------------------------------------------------------


def test_the_token_from_standard_input(account: Organization, tmp_path: Path) -> None:
    """With - the token is read from standard input; it is neither told nor written anywhere."""
    file = tmp_path / "seed.yaml"

    told = told_by(f"{account.url}/v1/", "-", file, given=account.token() + "\n")

    assert (told.status, told.err) == (0, "")
    assert account.token() not in file.read_text("utf-8") + told.out
    assert package.load(file).organizations[0].tokens[0].value != account.token()


@pytest.mark.parametrize("token", ["", "a b", "é", "a\nb"])
def test_not_a_token(server: Server, tmp_path: Path, token: str) -> None:
    """What cannot be sent as a token is told before anything is asked."""
    assert told_by(server.url, token, tmp_path / "s.yaml").mistake == "that is not a token"


# --- what can go wrong ----------------------------------------------------------------------------


class _Account(BaseHTTPRequestHandler):
    """A server that answers a list of answers, one after the other, the last of them for ever.

    They are about customers; about everything else there is another answer.
    """

    answers: list[tuple[int, dict[str, str], bytes]]
    other: tuple[int, dict[str, str], bytes]

    def do_GET(self) -> None:
        """Give the next answer."""
        if not self.path.startswith(("/v1/customers/", "/v1/members/")):
            status, headers, body = self.other
        elif len(self.answers) > 1:
            status, headers, body = self.answers.pop(0)
        else:
            status, headers, body = self.answers[0]
        if status == 0:  # never an answer
            threading.Event().wait(60)
            return
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def serving(
    *answers: tuple[int, dict[str, str], bytes],
    other: tuple[int, dict[str, str], bytes] | None = None,
) -> Iterator[str]:
    """A server with these answers, and that of everything but customers; gives its URL."""
    handler = type("Handler", (_Account,), {"answers": list(answers), "other": other or page()})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        server.block_on_close = False
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def page(*items: dict[str, Any], last: int = 1) -> tuple[int, dict[str, str], bytes]:
    """A page of customers."""
    body = {"items": items, "pagination": {"total_count": len(items), "max_page": last}}
    return 200, {"Content-Type": "application/json"}, json.dumps(body).encode()


ONE = {"id": "4bdf2346-4192-4206-a183-fc96d5052f95", "email": "a@b.c", "name": None}


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (429, {"Retry-After": "0"}),
        (503, {"Retry-After": "1"}),
        (429, {"Retry-After": format_datetime(datetime(2025, 1, 1, tzinfo=UTC), usegmt=True)}),
        (503, {"Retry-After": "soon"}),
        (429, {}),
    ],
)
def test_waiting(tmp_path: Path, status: int, headers: dict[str, str]) -> None:
    """A server that asks to wait is asked again."""
    with serving((status, headers, b""), page(ONE)) as url:
        told = told_by(url, "token", tmp_path / "seed.yaml")

    assert (told.status, told.err) == (0, "")


def test_waiting_too_long(tmp_path: Path) -> None:
    """A server that asks to wait for an hour is not waited for."""
    with serving((429, {"Retry-After": "3600"}, b"")) as url:
        told = told_by(url, "token", tmp_path / "seed.yaml")

    assert told.mistake == f"{url} asks to wait for 3600 seconds; try again then"


def test_waiting_in_vain(tmp_path: Path) -> None:
    """A server that never gets better is given up."""
    with serving((503, {"Retry-After": "0"}, b"")) as url:
        told = told_by(url, "token", tmp_path / "seed.yaml")

    assert told.mistake == f"{url} still answers 503 after 6 more tries"


def test_customers_who_move(tmp_path: Path) -> None:
    """A customer who is on two pages, as others came or went meanwhile, is recorded once."""
    two = {**ONE, "id": "e894a9f2-78f9-4721-a5f9-2605aca3456f", "email": "d@e.f"}
    with serving(page(ONE, last=2), page(ONE, two, last=2)) as url:
        told_by(url, "token", tmp_path / "seed.yaml", "--keep-personal")

    (recorded,) = package.load(tmp_path / "seed.yaml").organizations
    assert [one.values["email"] for one in recorded.customers] == ["a@b.c", "d@e.f"]


def test_customers_who_are_missed(tmp_path: Path) -> None:
    """Where others went meanwhile, so that somebody was on no page, that is told."""
    status, headers, body = page(ONE)
    with serving((status, headers, body.replace(b'"total_count": 1', b'"total_count": 3'))) as url:
        told = told_by(url, "token", tmp_path / "seed.yaml")

    assert told.status == 0
    assert told.err == "2 customers are not recorded, as others went meanwhile: record again.\n"


def test_a_page_again_and_again(tmp_path: Path) -> None:
    """A server that gives the same page whichever is asked for is told of, not asked for ever."""
    with serving(page(ONE, last=1_000_000), page(ONE, last=1_000_000)) as url:
        told = told_by(url, "token", tmp_path / "seed.yaml")

    assert told.mistake == f"{url}/v1/customers/ does not answer as Polar's API does"


def test_an_older_contract(tmp_path: Path) -> None:
    """A customer without the fields that came later is recorded, and one without address is a team."""
    old: dict[str, Any] = {**ONE, "email": None, "metadata": {}, "organization_id": ONE["id"]}
    with serving(page(old)) as url:
        told = told_by(url, "token", tmp_path / "seed.yaml")

    (recorded,) = package.load(tmp_path / "seed.yaml").organizations
    assert told.status == 0
    assert recorded.customers[0].values["type"] == "team"


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ((401, {}, b""), "URL does not know the token, or no longer"),
        ((403, {}, b""), "the token may not read customers: it needs the scope customers:read"),
        ((404, {}, b""), "there is no /v1/customers/ at URL"),
        ((500, {}, b""), "URL answers 500 to a request for customers"),
        ((302, {"Location": "/x"}, b""), "URL answers 302 to a request for customers"),
        ((200, {}, b"<html>"), "URL/v1/customers/ does not answer as Polar's API does"),
        ((200, {}, b"[]"), "URL/v1/customers/ does not answer as Polar's API does"),
        (
            page({**ONE, "billing_address": {"city": "Paris"}}),
            "URL/v1/customers/ does not answer as Polar's API does",
        ),
        (
            (200, {"Content-Encoding": "gzip"}, b"{}"),
            "cannot read from URL: Error -3 while decompressing data: incorrect header check",
        ),
        (page({"email": "a"}), "URL/v1/customers/ does not answer as Polar's API does"),
        (page({**ONE, "email": 5}), "URL/v1/customers/ does not answer as Polar's API does"),
        ((200, {}, b'{"items": []}'), "URL/v1/customers/ does not answer as Polar's API does"),
    ],
)  # fmt: skip
def test_what_a_server_may_answer(
    tmp_path: Path, answer: tuple[int, dict[str, str], bytes], told: str
) -> None:
    """An answer that is none is told in one line, and nothing is written."""
    with serving(answer) as url:
        mistake = told_by(url, "token", tmp_path / "seed.yaml").mistake

    assert mistake == told.replace("URL", url)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "values",
    [
        {"benefits": [None]},
        {"prices": "free"},
        {"discount": 7},
        {"properties": []},
        {"customer_id": 5},
        {"id": None},
    ],
)
def test_what_customers_cannot_have(tmp_path: Path, values: dict[str, Any]) -> None:
    """An object of another form is told in one line, and nothing is written."""
    with serving(page(ONE), other=page({"id": ONE["id"], **values})) as url:
        mistake = told_by(url, "token", tmp_path / "seed.yaml").mistake

    assert mistake == f"{url}/v1/meters/ does not answer as Polar's API does"
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_fails_later(tmp_path: Path) -> None:
    """A server that fails at what customers have is told of, and nothing is written."""
    with serving(page(ONE), other=(500, {}, b"")) as url:
        mistake = told_by(url, "token", tmp_path / "seed.yaml").mistake

    assert mistake == f"{url} answers 500 to a request for meters"
    assert list(tmp_path.iterdir()) == []


def test_a_token_that_is_not_valid(server: Server, tmp_path: Path) -> None:
    """A server that does not know the token is told of."""
    told = told_by(server.url, "polar_oat_nope", tmp_path / "seed.yaml")

    assert told.mistake == f"{server.url} does not know the token, or no longer"


def test_nobody_there(tmp_path: Path) -> None:
    """A server that is not there is told of."""
    with serving(page()) as url:
        pass

    mistake = told_by(url, "token", tmp_path / "seed.yaml").mistake

    assert mistake.startswith(f"cannot read from {url}: ")


def test_no_tls(server: Server, tmp_path: Path) -> None:
    """A server that does not speak TLS where that is asked for is told of."""
    url = server.url.replace("http:", "https:")

    mistake = told_by(url, "token", tmp_path / "seed.yaml").mistake

    assert mistake.startswith(f"cannot read from {url}: ")
    assert "SSL" in mistake


def test_a_certificate_that_is_not_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server whose certificate is not trusted is told of, and read where that is trusted."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    authority = run_here("tls").out.strip()
    database = str(tmp_path / "tls.db")
    made = run_here("organizations", "create", "Tests", "--json", "--database", database)
    words = ("--organization", made.json["id"], "--scope", "customers:read")
    token = run_here("tokens", "create", *words, "--name", "t", "--database", database).out
    server = start_server(database, tmp_path / "tls.log", "--tls", "localhost")
    url = f"https://localhost:{server.port}"
    try:
        refused = told_by(url, "-", tmp_path / "seed.yaml", given=token)
        monkeypatch.setenv("SSL_CERT_FILE", authority)
        read = told_by(url, "-", tmp_path / "seed.yaml", given=token)
    finally:
        server.stop()

    assert refused.mistake.startswith(f"{url} shows a certificate that is not trusted here;")
    assert read.status == 0
    assert read.out.startswith("Recorded 0 customers. ")


@pytest.mark.parametrize("url", ["api.polar.sh", "ftp://api.polar.sh", "http://a:b"])
def test_not_a_url(tmp_path: Path, url: str) -> None:
    """What is no URL is told of."""
    assert "is not a URL" in told_by(url, "token", tmp_path / "seed.yaml").mistake


def test_not_a_seeds_name(server: Server, tmp_path: Path) -> None:
    """A file whose name does not say which form it has is refused before anything is asked."""
    told = told_by(server.url, "token", tmp_path / "seed.txt")

    assert told.mistake.endswith("the name of a seed ends in .yaml, .yml, .json or .ndjson")


def test_a_folder_that_is_not_there(server: Server, tmp_path: Path) -> None:
    """A file that cannot be written is told of before anything is asked."""
    file = tmp_path / "none" / "seed.yaml"

    told = told_by(server.url, "token", file)

    assert told.mistake == f"cannot write {file}: No such file or directory"


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, -signal.SIGTERM)]
)
def test_an_interrupted_recording(tmp_path: Path, number: int, status: int) -> None:
    """Whatever ends it leaves no half file, and a recording that was there before as it was."""
    file = tmp_path / "seed.yaml"
    file.write_text("before", "utf-8")
    with serving(page(ONE, last=2), (0, {}, b"")) as url:
        recording = subprocess.Popen(
            [str(CLI), "record", url, "token", str(file)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        while len(list(tmp_path.iterdir())) < 2:
            assert recording.poll() is None
            time.sleep(0.02)
        recording.send_signal(number)

        assert recording.wait(120) == status

    assert [one.name for one in tmp_path.iterdir()] == ["seed.yaml"]
    assert file.read_text("utf-8") == "before"


def test_customers_that_no_seed_may_have(tmp_path: Path) -> None:
    """What could not be served is told of while there is nothing to lose."""
    twin = {**ONE, "id": "e894a9f2-78f9-4721-a5f9-2605aca3456f"}
    with serving(page(ONE, twin)) as url:
        told = told_by(url, "token", tmp_path / "seed.yaml", "--keep-personal")

    assert re.search("customers.1.email: the same as organizations.0.customers.0", told.mistake)
    assert list(tmp_path.iterdir()) == []
