"""Developers → Webhooks → Deliveries: the list, its filters, an event's page, and redelivery."""

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import httpx
import pytest

from dashboard.over_http import Seen, Visitor, come_in, home_of
from dashboard.webhook_work import BAD, LATE, OK, Worker
from icefloe.dashboard.webhooks.queries import SIZE
from icefloe.domain.values.webhooks import WebhookEndpointChange
from support import Organization, run

_SEEN = re.compile(r"""hx-vals='{"seen": "([0-9a-f]+)"}'""")


@pytest.fixture
def visitor(organization: Organization) -> Visitor:
    """The organization's owner, signed in."""
    return come_in(organization)


@pytest.fixture
def home(organization: Organization) -> str:
    """Where the organization's webhooks are."""
    return f"{home_of(organization)}/settings/webhooks"


@pytest.fixture
def worker(organization: Organization) -> Worker:
    """A worker that delivers as the test says."""
    return Worker(organization)


def _events_in(page: str) -> list[str]:
    """The ids of the events whose deliveries are listed, newest first."""
    return re.findall(r"webhooks/events/([0-9a-f-]{36})#attempt-", page)


def _refresh(visitor: Visitor, path: str, seen: str) -> httpx.Response:
    """Ask for the part of a page that refreshes itself, as htmx does."""
    mark = "&" if "?" in path else "?"
    return visitor.get(f"{path}{mark}seen={seen}", headers={"HX-Request": "true"})


class TestList:
    """The list of deliveries."""

    def test_nothing_yet(self, visitor: Visitor, home: str) -> None:
        """Without deliveries the page says when there will be some."""
        seen = visitor.see(f"{home}/deliveries")
        assert "No delivery yet" in seen.text
        assert f"{home}/deliveries" in visitor.see(home).links

    def test_columns(self, visitor: Visitor, home: str, worker: Worker) -> None:
        """Each attempt has its event, time, endpoint, outcome, status, number and duration."""
        endpoint = worker.make_endpoint(name="Web shop")
        worker.make_customer()
        (event,) = worker.attempt(endpoint, BAD)
        worker.record(OK, event)

        text = visitor.see(f"{home}/deliveries").text

        assert "2 deliveries" in text
        year = datetime.now(UTC).year
        assert re.search(
            rf"customer\.created \d+ \w+ {year}, [0-9:]+ UTC Web shop delivered 200 2 12 ms", text
        )
        assert re.search(r"UTC Web shop failed 500 1 1\.2 s", text)

    def test_pages(self, visitor: Visitor, home: str, worker: Worker) -> None:
        """A page has some deliveries and a link to the next; a page that is none leads to the last."""
        endpoint = worker.make_endpoint()
        for number in range(SIZE + 1):
            worker.make_customer(f"c{number}@example.com")
        events = [str(event.id) for event in worker.attempt(endpoint, OK)]

        first, second = (
            visitor.get(f"{home}/deliveries{page}").text for page in ("", "?page=2&type=nonsense")
        )

        assert _events_in(first) + _events_in(second) == events[::-1]
        assert f"{home}/deliveries?page=2" in Seen(first).links
        assert "hx-trigger" in first
        assert "every 2s" not in second.partition('id="results"')[2]
        beyond = visitor.see(f"{home}/deliveries?page=99")
        assert "There is no page 99" in beyond.text
        assert f"{home}/deliveries?page=2" in beyond.links

    def test_deleted_endpoint(self, organization: Organization, home: str, worker: Worker) -> None:
        """Deliveries to a deleted endpoint stay, and say that it is deleted."""
        endpoint = worker.make_endpoint()
        worker.make_customer()
        (event,) = worker.attempt(endpoint, OK)
        run(organization.services.webhook_endpoints.delete(organization.id, endpoint.id))
        visitor = come_in(organization)

        assert "UTC deleted delivered" in visitor.see(f"{home}/deliveries").text
        assert "sent to a deleted endpoint" in visitor.see(f"{home}/events/{event.id}").text


class TestFilters:
    """Filters stand in the address, and in the form."""

    @pytest.fixture
    def two(self, worker: Worker) -> tuple[str, str, str, str]:
        """Two events, one failed and one delivered, and the endpoint of each."""
        shop, mail = worker.make_endpoint(), worker.make_endpoint("member.created", name="Mail")
        worker.make_customer()
        (failed,) = worker.attempt(shop, BAD)
        (delivered,) = worker.attempt(mail, OK)
        return str(failed.id), str(delivered.id), str(shop.id), str(mail.id)

    def test_each(self, visitor: Visitor, home: str, two: tuple[str, str, str, str]) -> None:
        """Each narrows the list, and the form shows it."""
        failed, delivered, shop, _ = two
        hour = timedelta(hours=1)
        before, after = (
            (datetime.now(UTC) + step).strftime("%Y-%m-%dT%H:%M:%S") for step in (-hour, hour)
        )
        for name, value, expected in (
            ("endpoint", shop, [failed]),
            ("type", "member.created", [delivered]),
            ("outcome", "failed", [failed]),
            ("outcome", "delivered", [delivered]),
            ("code", "5xx", [failed]),
            ("code", "4xx", []),
            ("q", failed[:8], [failed]),
            ("q", "200", [delivered]),
            ("from", before, [delivered, failed]),
            ("from", after, []),
            ("to", after, [delivered, failed]),
            ("to", before, []),
        ):
            answer = visitor.get(f"{home}/deliveries?{name}={quote(value)}")
            assert _events_in(answer.text) == expected, (name, value)
            if not expected:
                assert "Nothing found" in Seen(answer.text).text
            (form,) = [one for one in Seen(answer.text).forms if one.method == "get"]
            assert (name, value) in form.fields
            assert f"{home}/deliveries" in Seen(answer.text).links

    def test_together(self, visitor: Visitor, home: str, two: tuple[str, str, str, str]) -> None:
        """All must hold; the address that refreshes the list has them all."""
        failed, _, shop, mail = two
        query = f"endpoint={shop}&type=customer.created&outcome=failed&code=5xx"

        answer = visitor.get(f"{home}/deliveries?{query}")

        assert _events_in(answer.text) == [failed]
        refreshed = [value for name, value in Seen(answer.text).attributes if name == "hx-get"]
        assert f"{home}/deliveries?{query}" in refreshed
        assert _events_in(visitor.get(f"{home}/deliveries?{query}&endpoint={mail}").text) == []
        searched = visitor.get(f"{home}/deliveries?{query}&q=500").text
        assert _events_in(searched) == [failed]
        assert "every 2s" not in searched

    def test_nonsense(self, visitor: Visitor, home: str, two: tuple[str, str, str, str]) -> None:
        """What makes no sense is ignored, however long, and nothing fails."""
        failed, delivered, _, _ = two
        for nonsense in (
            "endpoint=x", "type=customer.flew", "outcome=maybe", "code=9xx", "code=200", "page=-1",
            "page=" + "9" * 5000, "page=x", "from=yesterday", "to=2026-13-01T00:00", "seen=x",
            "from=2026-01-01T00:00:00Z", "from=", "q=", "q=%25", "unknown=1",
        ):  # fmt: skip
            answer = visitor.get(f"{home}/deliveries?{nonsense}")
            assert _events_in(answer.text) == [delivered, failed], nonsense
        for unmatched in (
            "q=%00",
            "q=" + "x" * 5000,
            "page=" + "9" * 15,
            "from=9999-12-31T23:59:59",
        ):
            answer = visitor.get(f"{home}/deliveries?{unmatched}")
            assert (answer.status_code, _events_in(answer.text)) == (200, []), unmatched
        assert len(_events_in(visitor.get(f"{home}/deliveries?from=0001-01-01T00:00:00").text)) == 2

    def test_by_htmx(self, visitor: Visitor, home: str, two: tuple[str, str, str, str]) -> None:
        """Htmx gets the list alone, and the address that shares the view."""
        failed, _, _, _ = two
        path = f"{home}/deliveries?endpoint=&type=&outcome=failed&code=&q=&from=&to="

        answer = visitor.get(path, headers={"HX-Request": "true"})

        assert _events_in(answer.text) == [failed]
        assert "<html" not in answer.text
        assert answer.headers["hx-push-url"] == f"{home}/deliveries?outcome=failed"
        assert answer.headers["vary"] == "HX-Request"


class TestRefresh:
    """Pages that refresh themselves."""

    def test_unchanged(self, visitor: Visitor, home: str, worker: Worker) -> None:
        """The page is sent its part again once something in it has changed, and 204 until then."""
        endpoint = worker.make_endpoint()
        worker.make_customer()
        (event,) = worker.attempt(endpoint, BAD)
        for path in (
            f"{home}/deliveries",
            f"{home}/deliveries?outcome=delivered",
            f"{home}/{endpoint.id}",
            f"{home}/events/{event.id}",
        ):
            (seen,) = _SEEN.findall(visitor.get(path).text)
            assert _refresh(visitor, path, seen).status_code == 204
            worker.record(OK, event)

            changed = _refresh(visitor, path, seen)

            assert changed.status_code == 200
            assert "<html" not in changed.text
            assert "hx-push-url" not in changed.headers
            assert _SEEN.findall(changed.text) != [seen]
            assert "delivered" in Seen(changed.text).text

    def test_message(self, visitor: Visitor, home: str, worker: Worker) -> None:
        """What a form has done is still told by the next whole page."""
        page = f"{home}/{worker.make_endpoint().id}"
        visitor.send(page)
        _refresh(visitor, page, "x")
        assert "Shop is disabled" in visitor.see(page).text

    def test_signed_out(self, visitor: Visitor, home: str, worker: Worker) -> None:
        """After the session's end the page is led to sign in."""
        page = f"{home}/{worker.make_endpoint().id}"
        visitor.cookies.clear()
        answer = _refresh(visitor, page, "x")
        assert answer.status_code == 401
        assert "/sign-in" in answer.headers["hx-redirect"]


class TestEvent:
    """The page of an event."""

    def test_everything(self, visitor: Visitor, home: str, worker: Worker) -> None:
        """It shows the state, each attempt with its answer, the headers, and the body to read."""
        endpoint = worker.make_endpoint()
        customer = worker.make_customer("ann@example.com")
        (event,) = worker.attempt(endpoint, LATE)
        worker.attempt_again(endpoint, BAD)
        path = f"{home}/events/{event.id}"

        seen = visitor.see(path)

        assert "Attempt 3 of 10 is due" in seen.text
        assert re.search(r"Attempt 2 failed .* 500 · 1\.2 s <oops> Attempt 1 failed", seen.text)
        assert "no answer · 10.0 s The endpoint did not answer in time." in seen.text
        assert f"webhook-id {event.id}" in seen.text
        assert '"email": "ann@example.com"' in seen.text
        assert seen.links.count(f"{home_of(worker.organization)}/customers/{customer}") == 1
        listed = visitor.get(f"{home}/deliveries").text
        anchors = re.findall(r'href="[^"]+#(attempt-[^"]+)"', listed)
        assert {("id", anchor) for anchor in anchors} <= set(seen.attributes)

    def test_states(self, organization: Organization, home: str, worker: Worker) -> None:
        """It says whether the event is queued, delivered, failed or skipped."""
        visitor = come_in(organization)
        endpoint = worker.make_endpoint()
        worker.make_customer()
        (event,) = worker.queued(endpoint)
        path = f"{home}/events/{event.id}"
        assert "waits for its first attempt" in visitor.see(path).text
        worker.fail(endpoint)
        assert "State failed" in visitor.see(path).text
        assert "It is not attempted again by itself." in visitor.see(path).text
        run(organization.services.webhook_deliveries.redeliver(organization.id, event.id))
        assert "State queued" in visitor.see(path).text
        assert "after it was queued again" in visitor.see(path).text
        worker.attempt(endpoint, OK)
        assert "State delivered" in visitor.see(path).text

        worker.make_customer("b@example.com")
        (skipped,) = worker.queued(endpoint)
        change = WebhookEndpointChange(enabled=False)
        run(organization.services.webhook_endpoints.update(organization.id, endpoint.id, change))
        text = visitor.see(f"{home}/events/{skipped.id}").text
        assert "State skipped" in text
        assert "enable the endpoint first" in text

    def test_redeliver(self, organization: Organization, home: str, worker: Worker) -> None:
        """A redelivery queues the event again, and its attempts are counted on."""
        visitor = come_in(organization)
        endpoint = worker.make_endpoint()
        worker.make_customer()
        (event,) = worker.attempt(endpoint, OK)
        path = f"{home}/events/{event.id}"

        assert visitor.send(path).headers["location"] == path

        assert "The event is queued again" in visitor.see(path).text
        assert [one.id for one in worker.attempt(endpoint, OK)] == [event.id]
        assert re.search(r"Attempts 2 Attempt 2 delivered .* Attempt 1", visitor.see(path).text)

    def test_not_redelivered(self, organization: Organization, home: str, worker: Worker) -> None:
        """An event whose endpoint is disabled or whose body is gone is not queued, with the reason."""
        visitor = come_in(organization)
        endpoint = worker.make_endpoint()
        customer = worker.make_customer("ann@example.com")
        (event,) = worker.attempt(endpoint, OK)
        path = f"{home}/events/{event.id}"
        data = {"csrf": visitor.token(path)}
        for is_enabled in (False, True):
            change = WebhookEndpointChange(enabled=is_enabled)
            run(
                organization.services.webhook_endpoints.update(organization.id, endpoint.id, change)
            )
            if is_enabled:
                deleted = organization.request("DELETE", f"/v1/customers/{customer}?anonymize=true")
                assert deleted.status_code == 204
            visitor.post(path, data=data)
            told = "no body any more" if is_enabled else "The endpoint is disabled"
            assert told in visitor.see(path).text
            assert worker.queued(endpoint) == []
        seen = visitor.see(path)
        assert "The body was deleted, because the customer was anonymised." in seen.text
        assert "ann@example.com" not in seen.text
        assert [form for form in seen.forms if form.action == path] == []
