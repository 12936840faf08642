"""Developers → Webhooks: endpoints from the form to the API, and to the end."""

import re
from collections.abc import Callable, Mapping
from typing import Any
from uuid import uuid4

import pytest

from dashboard import webhook_work
from dashboard.over_http import Seen, Visitor, come_in, home_of
from dashboard.webhook_work import BAD, OK, Worker
from icefloe.domain.values.webhooks import EVENT_TYPES, WebhookEndpointChange
from icefloe.domain.webhooks import schedule
from icefloe.domain.webhooks.endpoints import MAX_ENDPOINTS
from support import Organization, run

_URL = "http://localhost:3000/hook"
_OWN_SECRET = "a secret of our own that has forty characters"  # noqa: S105 - of a test


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


def _find_all(organization: Organization) -> list[dict[str, Any]]:
    """The endpoints as the API has them."""
    token = organization.token("webhooks:read")
    answer = organization.get("/v1/webhooks/endpoints", token=token)
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def test_life(organization: Organization, visitor: Visitor, home: str) -> None:
    """An endpoint is created, changed, disabled, enabled and deleted; the API shows each at once."""
    assert "No endpoint yet" in visitor.see(home).text

    created = visitor.send(
        f"{home}/new", url=f" {_URL} ", name="Web <shop>", all=["member"], events=[]
    )
    (made,) = _find_all(organization)
    page = f"{home}/{made['id']}"
    assert created.headers["location"] == page
    assert (made["url"], made["name"], made["enabled"]) == (_URL, "Web <shop>", True)
    assert made["events"] == ["member.created", "member.updated", "member.deleted"]
    assert "Web <shop>" in visitor.see(home).text

    changed = visitor.send(
        f"{page}/edit", name="", format="slack", all=[], events=["customer.created"]
    )
    assert changed.headers["location"] == page
    (made,) = _find_all(organization)
    assert (made["name"], made["format"]) == ("", "slack")
    assert made["events"] == ["customer.created"]
    assert "localhost:3000/hook" in visitor.see(page).text

    for is_enabled in (False, True):
        assert visitor.send(page).headers["location"] == page
        assert _find_all(organization)[0]["enabled"] is is_enabled

    assert visitor.send(f"{page}/delete", confirmation="shop").status_code == 422
    assert len(_find_all(organization)) == 1
    deleted = visitor.send(f"{page}/delete", confirmation="localhost:3000/hook")
    assert deleted.headers["location"] == home
    assert _find_all(organization) == []
    assert visitor.get(page).status_code == 404


@pytest.mark.parametrize(
    ("ticked", "events"),
    [
        ({"all": ["*"], "events": []}, list(EVENT_TYPES)),
        (
            {"all": ["organization"], "events": ["order.paid"]},
            ["order.paid", "organization.updated"],
        ),
        ({"all": ["customer"], "events": ["customer.created"]}, "customer."),
    ],
)
def test_events(
    organization: Organization,
    visitor: Visitor,
    home: str,
    ticked: Mapping[str, list[str]],
    events: list[str] | str,
) -> None:
    """“All” stands for each type of its noun or for every type, whatever else is ticked."""
    visitor.fill(f"{home}/new", {"url": _URL, **ticked})

    (made,) = _find_all(organization)
    if isinstance(events, str):
        events = [kind for kind in EVENT_TYPES if kind.startswith(events)]
    assert made["events"] == events
    form = visitor.see(f"{home}/{made['id']}/edit").forms[-1].fields
    assert {value for name, value in form if name == "events"} == set(events)
    assert {value for name, value in form if name == "all"} >= set(ticked["all"])


@pytest.mark.parametrize("signing", ["both", "whole", "standard"])
def test_signing(organization: Organization, visitor: Visitor, home: str, signing: str) -> None:
    """Which keys sign can be chosen, then and later; both do unless another choice is made."""
    assert ("signing", "both") in visitor.see(f"{home}/new").forms[-1].fields
    visitor.send(f"{home}/new", url=_URL, signing=signing)
    (made,) = _find_all(organization)
    page = f"{home}/{made['id']}"
    assert ("signing", signing) in visitor.see(f"{page}/edit").forms[-1].fields

    visitor.send(f"{page}/edit", signing="whole")

    endpoint = run(organization.services.webhook_endpoints.find_statuses(organization.id))
    (endpoint_id,) = endpoint
    stored = run(organization.services.webhook_endpoints.get(organization.id, endpoint_id))
    assert stored.signing == "whole"


def test_nothing_different(organization: Organization, visitor: Visitor, home: str) -> None:
    """A form that is sent as it was changes nothing, and says so."""
    visitor.send(f"{home}/new", url=_URL)
    (made,) = _find_all(organization)

    visitor.send(f"{home}/{made['id']}/edit")

    assert "Nothing was different" in visitor.see(f"{home}/{made['id']}").text
    assert _find_all(organization) == [made]


def test_secret(organization: Organization, visitor: Visitor, home: str) -> None:
    """The secret is shown on a page of its own, and replaced by a made one or by one's own."""
    visitor.send(f"{home}/new", url=_URL, secret=_OWN_SECRET)
    (made,) = _find_all(organization)
    page = f"{home}/{made['id']}"
    assert made["secret"] == _OWN_SECRET
    for path in (home, page, f"{page}/edit", f"{page}/delete"):
        assert _OWN_SECRET not in visitor.get(path).text
    assert _OWN_SECRET in visitor.see(f"{page}/secret").text

    assert visitor.send(f"{page}/secret").headers["location"] == f"{page}/secret"
    (secret,) = {one["secret"] for one in _find_all(organization)}
    assert re.fullmatch("whsec_[A-Za-z0-9]{44}", secret)
    assert secret in visitor.see(f"{page}/secret").text

    refused = visitor.send(f"{page}/secret", secret="short")  # noqa: S106 - of a test
    assert refused.status_code == 422
    assert "at least 32 characters" in Seen(refused.text).text
    visitor.send(f"{page}/secret", secret=_OWN_SECRET)
    assert _find_all(organization)[0]["secret"] == _OWN_SECRET


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"url": ""}, "valid URL"),
        ({"url": "ftp://example.com"}, "URL scheme should be"),
        ({"url": "http://example.com"}, "URL scheme should be"),
        ({"url": "https://10.0.0.1/"}, "cannot point to localhost or private"),
        ({"url": "https://example.com/" + "x" * 3000}, "at most 2083"),
        ({"name": "x" * 5001}, "at most 5000"),
        ({"secret": "short"}, "at least 32"),
        ({"format": "carrier pigeon"}, "'raw', 'discord' or 'slack'"),
        ({"signing": "by hand"}, "Choose which keys sign"),
        ({"events": [], "all": []}, "at least one event"),
        ({"events": ["customer.flew"]}, "Input should be"),
    ],
)
def test_mistakes(
    organization: Organization,
    visitor: Visitor,
    home: str,
    typed: dict[str, str | list[str]],
    told: str,
) -> None:
    """A mistake is told beside its field in the API's words; what was typed and ticked stays."""
    whole: dict[str, str | list[str]] = {
        "url": "https://example.com/hook",
        "name": "CI & more",
        "all": [],
        "events": ["member.deleted", "order.paid"],
    }

    answer = visitor.fill(f"{home}/new", whole | typed)

    seen = Seen(answer.text)
    assert answer.status_code == 422
    assert told in seen.text
    if "name" not in typed:
        assert ("value", "CI & more") in seen.attributes
    if "events" not in typed:
        ticked = [one for form in seen.forms for one in form.fields if one[0] == "events"]
        assert ticked == [("events", "member.deleted"), ("events", "order.paid")]
    assert _find_all(organization) == []


def test_unusable_url(organization: Organization, visitor: Visitor, home: str) -> None:
    """A change to a URL that may not be used is refused, and nothing is changed."""
    visitor.send(f"{home}/new", url=_URL)
    before = _find_all(organization)

    answer = visitor.send(f"{home}/{before[0]['id']}/edit", url="http://192.168.0.1/", name="Other")

    assert answer.status_code == 422
    assert _find_all(organization) == before


def test_too_many(visitor: Visitor, home: str, worker: Worker) -> None:
    """As many endpoints as an organization may have are shown; one more is refused with the reason."""
    for number in range(MAX_ENDPOINTS):
        worker.make_endpoint(name=f"number {number}")
    assert f"number {MAX_ENDPOINTS - 1}" in visitor.see(home).text
    assert "number 0" in visitor.see(home).text

    answer = visitor.send(f"{home}/new", url=_URL)

    assert answer.status_code == 422
    assert f"{MAX_ENDPOINTS} webhook endpoints at most" in Seen(answer.text).text


def test_what_is_queued(visitor: Visitor, home: str, worker: Worker) -> None:
    """An endpoint's page shows what waits, when the next retry is due, and what was sent last."""
    endpoint = worker.make_endpoint()
    page = f"{home}/{endpoint.id}"
    assert "Nothing was sent to this endpoint yet" in visitor.see(page).text
    worker.make_customer("a@example.com")
    worker.attempt(endpoint, BAD)
    worker.make_customer("b@example.com")

    seen = visitor.see(page).text

    assert "Wait for their first attempt 1" in seen
    assert "Wait for a retry 1" in seen
    assert "The next retry is due" in seen
    assert "All deliveries" in seen
    assert re.search(r"Shop .* enabled 2", visitor.see(home).text)


def test_disabled_by_failures(
    organization: Organization, visitor: Visitor, home: str, worker: Worker
) -> None:
    """An endpoint that was disabled says whether that was because of failed events."""
    endpoint, by_hand = worker.make_endpoint(), worker.make_endpoint(name="Off")
    run(
        organization.services.webhook_endpoints.update(
            organization.id, by_hand.id, WebhookEndpointChange(enabled=False)
        )
    )
    for number in range(schedule.MAX_FAILURES):
        worker.make_customer(f"c{number}@example.com")
        worker.fail(endpoint)

    seen = visitor.see(f"{home}/{endpoint.id}").text
    assert "disabled this endpoint because 10 events in a row failed" in seen
    assert "by a person or a program" in visitor.see(f"{home}/{by_hand.id}").text
    assert "10 events in a row failed" in visitor.see(home).text

    visitor.send(f"{home}/{endpoint.id}")
    assert "Failed in a row 0" in visitor.see(f"{home}/{endpoint.id}").text


def test_enabling_what_cannot_be_reached(
    organization: Organization, visitor: Visitor, home: str, worker: Worker
) -> None:
    """An endpoint whose stored URL may not be used any more stays disabled, and the page says why."""
    endpoint = worker.make_endpoint()
    services = organization.services
    change = WebhookEndpointChange(enabled=False)
    run(services.webhook_endpoints.update(organization.id, endpoint.id, change))
    run(worker.store_url(endpoint, "http://192.168.0.1/"))

    visitor.send(f"{home}/{endpoint.id}")

    assert "Cannot enable a webhook endpoint" in visitor.see(f"{home}/{endpoint.id}").text
    assert not _find_all(organization)[0]["enabled"]


def test_strangers(organization: Organization, home: str, worker: Worker) -> None:
    """Without a session, and for members of no or another organization, nothing is to be seen."""
    endpoint = worker.make_endpoint()
    worker.make_customer()
    (event,) = worker.attempt(endpoint, OK)
    paths = ["", "/new", "/deliveries", f"/events/{event.id}", f"/{endpoint.id}"]
    paths += [f"/{endpoint.id}/{place}" for place in ("edit", "secret", "delete")]
    for path in paths:
        answer = Visitor(organization.url).get(home + path)
        assert "/sign-in" in answer.headers["location"]


def test_others(visitor: Visitor, home: str, make_organization: Callable[[], Organization]) -> None:
    """Another organization's endpoints and events are not found below one's own."""
    other = make_organization()
    elsewhere = Worker(other)
    endpoint = elsewhere.make_endpoint()
    elsewhere.make_customer()
    (event,) = elsewhere.attempt(endpoint, BAD)
    csrf = visitor.token(home)
    before = _find_all(other)
    paths = [f"/{endpoint.id}", f"/events/{event.id}", "/not-an-id", f"/{uuid4()}", "/events/none"]
    paths += [f"/{endpoint.id}/{place}" for place in ("edit", "secret", "delete")]
    for path in paths:
        assert visitor.get(home + path).status_code == 404
        data = {"csrf": csrf, "enabled": "no", "confirmation": "Shop", "url": _URL, "events": "x"}
        assert visitor.post(home + path, data=data).status_code == 404
        assert visitor.get(f"{home_of(other)}/settings/webhooks{path}").status_code == 404
    assert _find_all(other) == before
    assert str(event.id) not in visitor.get(f"{home}/deliveries?endpoint={endpoint.id}").text


def test_members(organization: Organization, home: str, worker: Worker) -> None:
    """A member sees endpoints and deliveries, but no secret, and changes nothing."""
    endpoint = worker.make_endpoint()
    worker.make_customer()
    (event,) = worker.attempt(endpoint, BAD)
    member = come_in(organization, "member")
    csrf = member.token(f"{home_of(organization)}/settings/people")
    page = f"{home}/{endpoint.id}"
    for path in (home, f"{home}/deliveries", f"{home}/events/{event.id}", page):
        assert member.get(path).status_code == 200
        assert endpoint.secret not in member.get(path).text
        posted = [form.action for form in member.see(path).forms if form.method == "post"]
        assert posted == ["/dashboard/sign-out"]
    for path in (f"{home}/new", *[f"{page}/{place}" for place in ("edit", "secret", "delete")]):
        assert member.get(path).status_code == 403
    for path in (page, f"{home}/events/{event.id}", f"{home}/new", f"{page}/secret"):
        answer = member.post(path, data={"csrf": csrf, "enabled": "no"})
        assert answer.status_code == 403
        assert "Only an owner" in Seen(answer.text).text
    assert _find_all(organization)[0]["enabled"]
    assert _find_all(organization)[0]["secret"] == endpoint.secret


def test_no_switch(organization: Organization, visitor: Visitor, home: str, worker: Worker) -> None:
    """A form that says neither yes nor no switches nothing."""
    page = f"{home}/{worker.make_endpoint().id}"
    for value in ("", "maybe"):
        data = {"csrf": visitor.token(home), "enabled": value}
        assert visitor.post(page, data=data).status_code == 404
    assert _find_all(organization)[0]["enabled"]


def test_text(visitor: Visitor, home: str, worker: Worker) -> None:
    """What endpoints are called and what they answer is only ever text."""
    endpoint = worker.make_endpoint(name="<script>alert(1)</script>")
    worker.make_customer()
    (event,) = worker.attempt(endpoint, webhook_work.BAD)
    paths = [home, f"{home}/deliveries", f"{home}/{endpoint.id}", f"{home}/events/{event.id}"]
    for path in paths:
        assert "<script>alert" not in visitor.get(path).text
        assert "<oops>" not in visitor.get(path).text
        assert "<script>alert(1)</script>" in visitor.see(path).text
    assert "<oops>" in visitor.see(f"{home}/events/{event.id}").text
