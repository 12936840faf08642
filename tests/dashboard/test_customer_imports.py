"""Imports in the dashboard: a file is sent, looked at, decided about and taken in."""

import contextlib
import io
import json
import os
import re
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from dashboard.customer_visits import Person, Visitor, lines_of, names_in, signed_in, text_of
from icefloe.assembly import open_services
from icefloe.dashboard.customers import imports, uploads
from icefloe.domain.values import errors
from icefloe.domain.values.imports import OnConflict, Report
from icefloe.exchange import mappings
from icefloe.services import Services
from icefloe.settings import Settings
from support import Organization, Server, make_organization_of, new_customer, run, start_server

ROOT = Path(tempfile.gettempdir()) / f"icefloe-imports-{os.getuid()}"


@pytest.fixture(scope="module")
def people(server: Server, services: Services) -> Iterator[list[Person]]:
    """Two people who are signed in."""
    with signed_in(services, server.url) as one, signed_in(services, server.url) as other:
        yield [one, other]


@pytest.fixture
def visitor(people: list[Person], organization: Organization) -> Visitor:
    """A person of the test's organization."""
    return people[0].enter(organization)


def lines(*customers: dict[str, Any]) -> bytes:
    """A file of customers, one on a line."""
    return b"".join(json.dumps(one).encode() + b"\n" for one in customers)


def decide(visitor: Visitor, sent: httpx.Response, **fields: str) -> httpx.Response:
    """Send the form of an import's page."""
    return visitor.client.post(sent.headers["location"], data={"csrf": visitor.token, **fields})


def file_of(sent: httpx.Response) -> Path:
    """Where the file is that was sent."""
    return ROOT / sent.headers["location"].rpartition("/")[2] / "customers"


def test_a_file_is_looked_at_first(visitor: Visitor) -> None:
    """The preview says what would come of it, and nothing is taken in yet."""
    visitor.organization.keep(new_customer(1))

    sent = visitor.send_file("c.ndjson", lines(new_customer(1), new_customer(2), new_customer(3)))
    page = visitor.wait_for_import(sent)

    assert "New 2 Replaced 0 Left as they are 1 Wrong 0" in text_of(page)
    assert "Import 2 customers" in text_of(page)
    assert names_in(visitor.get()) == ["Customer 1"]


def test_take_in(visitor: Visitor) -> None:
    """Once it is decided, the customers are here, and the file is gone."""
    sent = visitor.send_file("c.ndjson", lines(new_customer(1), new_customer(2)))
    visitor.wait_for_import(sent)
    assert file_of(sent).is_file()

    page = visitor.wait_for_import(decide(visitor, sent, action="import"))

    assert "Done New 2 Replaced 0 Left as they were 0" in text_of(page)
    assert sorted(names_in(visitor.get())) == ["Customer 1", "Customer 2"]
    assert not file_of(sent).exists()
    # Once more changes nothing: it is over.
    assert decide(visitor, sent, action="import").status_code == 303
    assert len(names_in(visitor.get())) == 2


def test_who_is_here_already(visitor: Visitor) -> None:
    """What happens to those who are here can be changed before it is decided."""
    visitor.organization.keep(new_customer(1))
    changed = new_customer(1, name="Other")
    sent = visitor.send_file("c.ndjson", lines(changed), on_conflict="fail")
    refused = visitor.wait_for_import(sent)
    assert "Wrong 1" in text_of(refused)
    assert "line 1 email a customer has the same already" in text_of(refused).replace(
        "external_id", "email"
    )
    assert 'value="import"' not in refused.text
    assert decide(visitor, sent, action="import").status_code == 303
    assert names_in(visitor.get()) == ["Customer 1"]

    page = visitor.wait_for_import(decide(visitor, sent, action="check", on_conflict="update"))
    assert "Replaced 1" in text_of(page)
    visitor.wait_for_import(decide(visitor, sent, action="import"))

    assert names_in(visitor.get()) == ["Other"]


def test_a_csv_export(visitor: Visitor) -> None:
    """A CSV export is taken in; what is wrong stands by its line and column."""
    header = "ID,External ID,Created At,Email,Name,Metadata\r\n"
    good = ",e1,,ann@example.com,Ann,\r\n"
    bad = ",e2,yesterday,bo@example.com,Bo,\r\n,e3,,cy@example.com,Cy,not json\r\n"

    page = visitor.wait_for_import(visitor.send_file("c.csv", (header + good + bad).encode()))

    assert "Nothing can be imported yet" in text_of(page)
    assert "line 3 Created At must be a moment" in text_of(page)
    assert "line 4 Metadata not JSON" in text_of(page)


def select_in(page: httpx.Response, column: str) -> tuple[str, str]:
    """The field of a page's form that says what a column becomes, and what is chosen there."""
    found = re.search(
        rf'<code>{re.escape(column)}</code>.*?<select name="(\w+)".*?<option value="([^"]*)" selected',
        page.text,
        re.DOTALL,
    )
    assert found is not None
    return found[1], found[2]


def test_what_columns_become(visitor: Visitor) -> None:
    """A column that nothing is known about is chosen for on the page, which shows its first cells."""
    content = b"Customer Email;Name;Plan\nann@example.com;Ann;pro\nbo@example.com;Bo;\n"

    sent = visitor.send_file("c.csv", content)
    page = visitor.wait_for_import(sent)

    assert "line 1 Customer Email no field has this name; did you mean" in text_of(page)
    assert select_in(page, "Name")[1] == "name"
    email, undecided = select_in(page, "Customer Email")
    plan, _ = select_in(page, "Plan")
    assert undecided == "?"
    assert "ann@example.com" in page.text
    chosen = {email: "email", plan: "metadata.Plan", select_in(page, "Name")[0]: "name"}
    page = visitor.wait_for_import(decide(visitor, sent, action="check", **chosen))
    assert "Import 2 customers" in text_of(page)
    assert select_in(page, "Plan") == (plan, "metadata.Plan")

    visitor.wait_for_import(decide(visitor, sent, action="import"))

    ann, bo = lines_of(visitor.get("export.ndjson", sort="name"))
    assert (ann["email"], ann["metadata"]) == ("ann@example.com", {"Plan": "pro"})
    assert bo["metadata"] == {}


def test_a_known_export(visitor: Visitor) -> None:
    """The page says which export a file looks like; what it has besides is left out, or chosen."""
    head = "id,Email,Created (UTC),Total Spend,tier (metadata)\n"
    content = head + "cus_1,ann@example.com,2026-01-02 03:04,9.5,x\n"

    sent = visitor.send_file("c.csv", content.encode())
    page = visitor.wait_for_import(sent)

    assert "the file looks like an export of Stripe" in text_of(page)
    assert [select_in(page, name)[1] for name in ("id", "Total Spend", "tier (metadata)")] == [
        "external_id",
        "",
        "metadata.tier",
    ]
    visitor.wait_for_import(decide(visitor, sent, action="import"))
    (ann,) = lines_of(visitor.get("export.ndjson"))
    assert (ann["external_id"], ann["created_at"], ann["metadata"]) == (
        "cus_1",
        "2026-01-02T03:04:00Z",
        {"tier": "x"},
    )


def test_another_encoding(visitor: Visitor) -> None:
    """The encoding of a text that is no UTF-8 is chosen on the page."""
    sent = visitor.send_file("c.csv", "Email,Name\nz@example.com,Zo\u00eb\n".encode("cp1252"))
    page = visitor.wait_for_import(sent)
    assert "line 2 Name is not in the encoding that the file is read in" in text_of(page)

    page = visitor.wait_for_import(decide(visitor, sent, action="check", encoding="cp1252"))

    assert "Zo\u00eb" in page.text
    visitor.wait_for_import(decide(visitor, sent, action="import"))
    assert names_in(visitor.get()) == ["Zo\u00eb"]


def test_choices_that_are_none(visitor: Visitor) -> None:
    """What is no choice of the page's changes nothing."""
    sent = visitor.send_file("c.csv", b"Email,Plan\na@example.com,pro\n")
    page = visitor.wait_for_import(sent)
    plan, _ = select_in(page, "Plan")

    odd = {plan: "plan", "column_77": "email", "column_x": "name", "encoding": "punycode"}
    page = visitor.wait_for_import(decide(visitor, sent, action="check", **odd))

    assert select_in(page, "Plan")[1] == "?"
    assert "line 1 Plan no field has this name" in text_of(page)


def test_very_many_columns(visitor: Visitor) -> None:
    """Of a table with more columns than a page can show, the page says who takes it."""
    heads = ",".join(f"Column {number}" for number in range(5000))

    page = visitor.wait_for_import(visitor.send_file("c.csv", f"Email,{heads}\n".encode()))

    assert "more columns than this page shows" in text_of(page)
    assert len(page.text) < 100_000


def test_every_field_can_be_chosen() -> None:
    """The page offers all that a column can become."""
    assert {value for value, _ in imports._TARGETS} == {mappings.LEFT_OUT, *mappings.TARGETS}


def test_the_first_hundred_problems(visitor: Visitor) -> None:
    """Of many wrong lines the first hundred are shown, and how many there are."""
    page = visitor.wait_for_import(visitor.send_file("c.ndjson", b'{"email": 5}\n' * 1234))

    assert "What is wrong: the first 100 of 1,234" in text_of(page)
    assert page.text.count('<th scope="row">') == 100


@pytest.mark.parametrize(
    "content",
    [b"{", b"\0" * 100, b"\xff\xfe\xff", b"[" * 5000, b"Foo;Bar\nA;b@example.com\n", b"\n\n\n"],
)
def test_no_file_breaks_it(visitor: Visitor, content: bytes) -> None:
    """Whatever a file holds, there is a page that says what is wrong, and nothing to decide."""
    page = visitor.wait_for_import(visitor.send_file("<script>.csv", content))

    assert page.status_code == 200
    assert 'value="import"' not in page.text
    assert "<script>.csv" not in page.text


def test_without_a_file(visitor: Visitor) -> None:
    """A form without a file, with an empty one or with a text in its place says so."""
    assert "Choose a file first." in text_of(visitor.post("import", {"on_conflict": "fail"}))
    assert "Choose a file first." in text_of(visitor.post("import", {"file": "text"}))
    empty = visitor.send_file("nobody.csv", b"", on_conflict="update")
    assert empty.status_code == 422
    assert "The file nobody.csv is empty." in text_of(empty)
    assert 'value="update" checked' in empty.text


def test_too_large(visitor: Visitor) -> None:
    """A file of more than 50 MB is refused, with the command that takes it in."""
    answer = visitor.send_file("large.ndjson", b" " * (uploads.MAX_BYTES + 100_000))

    assert answer.status_code == 413
    assert f"icefloe customers import FILE --organization {visitor.organization.id}" in text_of(
        answer
    )


def test_cancel(visitor: Visitor) -> None:
    """Whoever decides against it leaves nothing behind."""
    sent = visitor.send_file("c.ndjson", lines(new_customer(1)))
    visitor.wait_for_import(sent)

    answer = decide(visitor, sent, action="cancel")

    assert answer.headers["location"] == visitor.path()
    assert not file_of(sent).parent.exists()
    assert visitor.client.get(sent.headers["location"]).status_code == 404


def test_others_neither_see_nor_decide(
    visitor: Visitor,
    people: list[Person],
    make_organization: Callable[[], Organization],
) -> None:
    """An import is the organization's: to another's people, and by its address, it is not there."""
    stranger = people[1].enter(make_organization())
    sent = visitor.send_file("c.ndjson", lines(new_customer(1)))
    visitor.wait_for_import(sent)
    upload_id = sent.headers["location"].rpartition("/")[2]

    for path in (sent.headers["location"], stranger.path(f"import/{upload_id}")):
        assert stranger.client.get(path).status_code == 404
        fields = {"csrf": stranger.token, "action": "import"}
        assert stranger.client.post(path, data=fields).status_code == 404
    assert names_in(visitor.get()) == []
    assert names_in(stranger.get()) == []
    assert "Import 1 customer" in text_of(visitor.client.get(sent.headers["location"]))


@pytest.mark.parametrize("wrong", ["x", "." * 22, "%2e%2e", "a" * 22, "💥", "9" * 5000])
def test_no_such_import(visitor: Visitor, wrong: str) -> None:
    """An address of no import is a page that says so."""
    assert visitor.get(f"import/{wrong}").status_code == 404
    assert visitor.post(f"import/{wrong}", {"action": "import"}).status_code == 404


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("DELETE FROM memberships WHERE person_id = ?", "is not a member of the organization"),
        ("DELETE FROM sessions WHERE person_id = ?", "has been signed out meanwhile"),
    ],
)
def test_rights_that_end(
    server: Server, services: Services, organization: Organization, statement: str, reason: str
) -> None:
    """An import that waits for the database stores nothing once its person has lost the rights."""
    with signed_in(services, server.url) as person, signed_in(services, server.url) as other:
        watcher = other.enter(organization)
        visitor = person.enter(organization)
        sent = visitor.send_file("c.ndjson", lines(new_customer(1)))
        visitor.wait_for_import(sent)
        path = server.database.removeprefix("sqlite:///")
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as elsewhere:
            elsewhere.execute("BEGIN IMMEDIATE")
            elsewhere.execute(statement, [person.id.bytes])
            decided = decide(visitor, sent, action="import")
            elsewhere.execute("COMMIT")

        page = text_of(watcher.wait_for_import(decided))

        assert "The import did not finish" in page
        assert f"The person {reason}" in page
        assert names_in(watcher.get()) == []


def test_htmx_gets_the_progress_alone(visitor: Visitor) -> None:
    """Where there are scripts, the page asks for how far it is, and gets only that."""
    sent = visitor.send_file("c.ndjson", lines(new_customer(1)))
    visitor.wait_for_import(sent)

    part = visitor.client.get(sent.headers["location"], headers={"HX-Request": "true"})

    assert "<html" not in part.text
    assert "Import 1 customer" in text_of(part)


def test_the_server_ended_meanwhile(visitor: Visitor) -> None:
    """An import that nobody is at work on any more is told as such, and its file goes."""
    upload = uploads.store(visitor.organization.id, "c.ndjson", io.BytesIO(), OnConflict.SKIP)
    path = visitor.path(f"import/{upload.id}")
    for stage in (uploads.Stage.CHECKING, uploads.Stage.CHECKED, uploads.Stage.TAKING):
        # Numbers of processes go to 2**22 at most.
        uploads.save(replace(upload, stage=stage, process=f"{2**30}-before"))

        page = text_of(visitor.client.get(path))

        assert "The import did not finish" in page
        assert "The server was stopped or restarted" in page
        assert not uploads.has_file(upload)


def test_not_too_many_wait(visitor: Visitor) -> None:
    """Who sends file after file and never decides is asked to."""
    for number in range(8):
        visitor.wait_for_import(visitor.send_file("c.ndjson", lines(new_customer(number))))

    answer = visitor.send_file("c.ndjson", lines(new_customer(9)))

    assert answer.status_code == 422
    assert "8 files have been sent" in text_of(answer)


def test_files_found_wrong_do_not_count(visitor: Visitor) -> None:
    """Whoever sends a file until it is right is not stopped; of wrong ones the last eight stay."""
    first = visitor.send_file("c.ndjson", b"{}\n")
    visitor.wait_for_import(first)
    empty = visitor.send_file("c.ndjson", b"\n")
    visitor.wait_for_import(empty)
    wrong = [visitor.send_file("c.ndjson", b'{"e-mail": "a@x.com"}\n') for _ in range(8)]
    for sent in wrong:
        assert "there is no such key; did you mean" in text_of(visitor.wait_for_import(sent))

    right = visitor.send_file("c.ndjson", lines(new_customer(1)))

    assert "Import 1 customer" in text_of(visitor.wait_for_import(right))
    assert file_of(wrong[-1]).is_file()
    assert not file_of(first).exists()
    assert not file_of(empty).exists()
    told = decide(visitor, first, action="check")
    assert "The file is no longer here" in text_of(visitor.client.get(told.headers["location"]))


def test_wrong_files_make_room() -> None:
    """Where the server's room is used up, files that were found wrong go before others are refused."""
    wrong = uploads.store(uuid4(), "c.ndjson", io.BytesIO(b"{}"), OnConflict.SKIP)
    report = Report(failed=1)
    uploads.save(replace(wrong, size=1024**3, stage=uploads.Stage.CHECKED, report=report))

    fresh = uploads.store(uuid4(), "c.ndjson", io.BytesIO(b"{}"), OnConflict.SKIP)

    assert not uploads.has_file(wrong)
    assert uploads.has_file(fresh)
    uploads.drop(wrong)
    uploads.drop(fresh)


def test_not_too_much_is_kept() -> None:
    """However many organizations somebody makes, their files do not fill the disk."""
    large = uploads.store(uuid4(), "c.ndjson", io.BytesIO(b"{}"), OnConflict.SKIP)
    uploads.save(replace(large, size=1024**3))

    with pytest.raises(errors.InvalidValue, match="Try again in an hour"):
        uploads.store(uuid4(), "c.ndjson", io.BytesIO(b"{}"), OnConflict.SKIP)

    uploads.drop(large)
    uploads.drop(uploads.store(uuid4(), "c.ndjson", io.BytesIO(b"{}"), OnConflict.SKIP))


def test_files_are_nobody_elses() -> None:
    """What was sent is kept where the server's user alone can read it, and not without end."""
    upload = uploads.store(uuid4(), "c.ndjson", io.BytesIO(b"{}"), OnConflict.SKIP)
    folder = uploads.path_of(upload).parent

    assert folder.parent.stat().st_mode & 0o077 == 0
    uploads.sweep()
    assert uploads.has_file(upload)
    long_ago = folder.stat().st_mtime - 2 * 3600
    os.utime(folder / "state.json", (long_ago, long_ago))
    uploads.sweep()
    assert not folder.exists()


def test_what_a_killed_server_left() -> None:
    """Nobody can decide about files of a server that was killed: they go, whole or half-written."""
    upload = uploads.store(uuid4(), "c.ndjson", io.BytesIO(b"{}"), OnConflict.SKIP)
    half = uploads.store(uuid4(), "c.ndjson", io.BytesIO(b"{}"), OnConflict.SKIP)
    uploads.save(replace(upload, process=f"{2**30}-before"))
    folder = uploads.path_of(half).parent
    (folder / "state.json").unlink()

    uploads.sweep()

    assert not uploads.has_file(upload)
    assert uploads.has_file(half)
    long_ago = folder.stat().st_mtime - 2 * 3600
    os.utime(folder, (long_ago, long_ago))
    uploads.sweep()
    assert not folder.exists()
    uploads.drop(upload)


@pytest.mark.processes
def test_the_server_is_stopped_in_the_middle(tmp_path: Path) -> None:
    """A server that is stopped does not wait for an import's end; the next one tells of it."""
    database = f"sqlite:///{tmp_path / 'data.db'}"
    name = b"x" * 100
    content = b"".join(
        b'{"email":"%d@example.com","name":"%s"}\n' % (number, name) for number in range(150_000)
    )
    services = run(open_services(Settings(database=database)))
    with contextlib.ExitStack() as stopping:
        stopping.callback(lambda: run(services.stop()))
        started = start_server(database, tmp_path / "one.log")
        stopping.callback(started.process.kill)
        organization = make_organization_of(started, services)
        person = stopping.enter_context(signed_in(services, started.url))
        visitor = person.enter(organization)
        waiting = visitor.send_file("few.ndjson", lines(new_customer(1)))
        visitor.wait_for_import(waiting)
        sent = visitor.send_file("many.ndjson", content)
        assert "Checking the file" in text_of(visitor.client.get(sent.headers["location"]))

        assert started.stop() == 0

        assert not file_of(sent).exists()
        assert not file_of(waiting).exists()
        again = start_server(database, tmp_path / "two.log")
        stopping.callback(again.process.kill)
        for one in (waiting, sent):
            page = visitor.client.get(again.url + one.headers["location"])
            assert "The server was stopped" in text_of(page)
        assert names_in(visitor.client.get(again.url + visitor.path())) == []
        assert again.stop() == 0
