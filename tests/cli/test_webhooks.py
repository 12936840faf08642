"""`icefloe webhooks`: endpoints, their deliveries, and redelivery."""

import json
import os
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from icefloe.assembly import open_services
from icefloe.domain.values.webhooks import (
    EVENT_TYPES,
    Attempted,
    Outcome,
    WebhookEvent,
)
from icefloe.services import Services
from icefloe.settings import Settings
from support import Command, run

URL = "http://localhost:3000/hook"
NOBODY = "1dbfc517-0bbf-4301-9ba8-555ca42b9737"


@pytest.fixture
def webhooks(icefloe: Command, organization: str) -> Command:
    """Runs a command of webhooks for an organization."""
    return lambda *words: icefloe("webhooks", *words, "--organization", organization)


@pytest.fixture
def make(webhooks: Command) -> Callable[..., Any]:
    """Makes an endpoint; gives what is known of it."""
    return lambda *words: webhooks("create", URL, *words, "--json").json


class TestCreate:
    """`icefloe webhooks create`."""

    def test_for_people(self, webhooks: Command) -> None:
        """The secret alone is written out, so that a shell can take it; the rest is told beside it."""
        told = webhooks("create", URL)

        assert told.status == 0
        assert told.out.startswith("whsec_")
        assert len(told.out.strip()) == len("whsec_") + 44
        assert f"gets all events at {URL}." in told.err

    def test_for_programs(self, make: Callable[..., Any], organization: str) -> None:
        """The same as JSON: every property of the endpoint."""
        made = make("--name", "mine", "--event", "customer.created", "--signing", "standard")

        assert list(made) == [
            "id", "organization_id", "created_at", "modified_at", "url", "name", "format", "secret",
            "events", "enabled", "signing", "api_version",
        ]  # fmt: skip
        assert (made["organization_id"], made["name"]) == (organization, "mine")
        assert made["events"] == ["customer.created"]
        assert (made["format"], made["signing"], made["enabled"]) == ("raw", "standard", True)

    def test_all_events(self, make: Callable[..., Any]) -> None:
        """Unless types are given the endpoint gets all of them, those to come too."""
        assert make()["events"] == list(EVENT_TYPES)

    def test_own_secret(self, make: Callable[..., Any]) -> None:
        """A secret may be brought."""
        assert make("--secret", "x" * 32)["secret"] == "x" * 32

    def test_standardised(self, webhooks: Command) -> None:
        """The URL is stored as the API stores it."""
        made = webhooks("create", "HTTPS://Example.com:443", "--json").json
        assert made["url"] == "https://example.com/"

    @pytest.mark.parametrize(
        ("words", "mistake"),
        [
            (["create", "nowhere"], "url: Input should be a valid URL"),
            (["create", "http://10.0.0.1/"], "url: URL scheme should be 'https'"),
            (["create", "https://10.0.0.1/"], "url: Webhook URLs cannot point to localhost"),
            (["create", URL, "--event", "custmer.created"], "did you mean 'customer.created'?"),
            (["create", URL, "--format", "teams"], "'teams' is no format; there are raw, discord"),
            (["create", URL, "--signing", "mine"], "'mine' names no keys; there are both, whole"),
            (["create", URL, "--secret", "short"], "secret: String should have at least 32"),
        ],
    )
    def test_mistakes(self, webhooks: Command, words: list[str], mistake: str) -> None:
        """A user's mistake is one line, and no endpoint is made."""
        assert mistake in webhooks(*words).mistake
        assert webhooks("list", "--json").json == []

    def test_public_only(self, webhooks: Command, monkeypatch: pytest.MonkeyPatch) -> None:
        """Where only public URLs are taken, one of this machine is refused."""
        monkeypatch.setenv("ICEFLOE_PUBLIC_WEBHOOKS_ONLY", "true")
        assert "URL scheme should be 'https'" in webhooks("create", URL).mistake


class TestList:
    """`icefloe webhooks list`."""

    def test_none(self, webhooks: Command) -> None:
        """Where there is none, the command to make one is told."""
        assert "icefloe webhooks create" in webhooks("list").out

    def test_newest_first(self, webhooks: Command, make: Callable[..., Any]) -> None:
        """Endpoints are listed with their state, the newest first."""
        make("--name", "first", "--event", "customer.created", "--event", "member.created")
        second = make("--name", "second")
        webhooks("update", second["id"], "--disabled")

        head, *rows = webhooks("list").out.splitlines()
        assert head.split() == ["ID", "URL", "Name", "Format", "Events", "State"]
        assert rows[0].split() == [
            *rows[0].split()[:2],
            "second",
            "raw",
            "all",
            "events",
            "disabled",
        ]
        assert "customer.created member.created  enabled" in rows[1]
        assert [one["name"] for one in webhooks("list", "--json").json] == ["second", "first"]

    @pytest.mark.parametrize(
        ("organization_id", "mistake"),
        [("mine", "organization 'mine' is not a UUID"), (NOBODY, f"no organization {NOBODY}")],
    )
    def test_no_organization(self, icefloe: Command, organization_id: str, mistake: str) -> None:
        """An organization that is not there is a mistake, not an empty list."""
        assert mistake in icefloe("webhooks", "list", "--organization", organization_id).mistake


class TestChange:
    """`icefloe webhooks update`, `reset-secret` and `delete`."""

    def test_update(self, webhooks: Command, make: Callable[..., Any]) -> None:
        """What is given is changed, what is not stays."""
        made = make("--name", "mine", "--event", "customer.created")
        changed = webhooks(
            "update", made["id"], "--url", "https://example.com/hook", "--format", "slack",
            "--event", "member.created", "--signing", "whole", "--disabled", "--json",
        ).json  # fmt: skip

        assert changed.pop("modified_at") is not None
        assert changed == {
            **{name: value for name, value in made.items() if name != "modified_at"},
            "url": "https://example.com/hook",
            "format": "slack",
            "events": ["member.created"],
            "signing": "whole",
            "enabled": False,
        }

    def test_for_people(self, webhooks: Command, make: Callable[..., Any]) -> None:
        """What the endpoint is then is told in a line."""
        made = make()
        told = webhooks("update", made["id"], "--event", "customer.created").out
        assert told == f"Endpoint {made['id']} (enabled) gets customer.created at {URL}.\n"

    def test_both_keys_again(self, webhooks: Command, make: Callable[..., Any]) -> None:
        """Both keys can sign again."""
        made = make("--signing", "whole")
        assert (
            webhooks("update", made["id"], "--signing", "both", "--json").json["signing"] == "both"
        )

    def test_reset_secret(self, webhooks: Command, make: Callable[..., Any]) -> None:
        """A new secret is written out, and stored."""
        made = make()
        new = webhooks("reset-secret", made["id"]).out.strip()

        assert new != made["secret"]
        assert webhooks("list", "--json").json[0]["secret"] == new

    def test_delete(self, webhooks: Command, make: Callable[..., Any]) -> None:
        """A deleted endpoint is not listed."""
        made = make()
        assert webhooks("delete", made["id"]).out == f"Endpoint {made['id']} is deleted.\n"
        assert webhooks("list", "--json").json == []

    @pytest.mark.parametrize("command", ["update", "reset-secret", "delete"])
    def test_not_there(self, webhooks: Command, command: str) -> None:
        """An endpoint that is not there is one line."""
        assert webhooks(command, NOBODY).mistake == "the organization has no such webhook endpoint"
        assert "endpoint 'mine' is not a UUID" in webhooks(command, "mine").mistake

    def test_anothers(
        self, icefloe: Command, make: Callable[..., Any], make_organization: Callable[..., str]
    ) -> None:
        """Another organization's endpoint is not there."""
        made, other = make(), make_organization("Others")
        told = icefloe("webhooks", "delete", made["id"], "--organization", other)
        assert "no such webhook endpoint" in told.mistake

    def test_mistakes(self, webhooks: Command, make: Callable[..., Any]) -> None:
        """A value that the API would refuse is refused, and nothing is changed."""
        made = make()
        assert "valid URL" in webhooks("update", made["id"], "--url", "nowhere").mistake
        assert "32 characters" in webhooks("update", made["id"], "--secret", "short").mistake
        assert "no format" in webhooks("update", made["id"], "--format", "teams").mistake
        assert webhooks("list", "--json").json == [made]


@pytest.fixture
def attempt(organization: str) -> Callable[..., WebhookEvent]:
    """Attempts to deliver the next event of an endpoint, with an outcome of the test's."""

    async def attempt(endpoint_id: str, outcome: Outcome) -> WebhookEvent:
        services = await _open()
        try:
            await services.webhook_deliveries.queue()
            queued = await services.webhook_deliveries.find_queued(
                UUID(organization), UUID(endpoint_id), first=10, retries=0
            )
            assert queued is not None
            event = queued.first[0]
            await services.webhook_deliveries.record([Attempted(event, outcome)])
            return event
        finally:
            await services.stop()

    return lambda endpoint_id, outcome: run(attempt(endpoint_id, outcome))


async def _open() -> Services:
    return await open_services(Settings(database=os.environ["ICEFLOE_DATABASE"]))


OK = Outcome(succeeded=True, http_code=200, response="fine", duration=timedelta(milliseconds=12))
BAD = Outcome(
    succeeded=False, http_code=None, response="All \x1b[31mconnection\n[/b]attempts failed",
    duration=timedelta(seconds=10),
)  # fmt: skip


class TestDeliveries:
    """`icefloe webhooks deliveries` and `redeliver`."""

    @pytest.fixture
    def delivered(
        self,
        icefloe: Command,
        organization: str,
        make: Callable[..., Any],
        attempt: Callable[..., WebhookEvent],
    ) -> tuple[str, WebhookEvent, WebhookEvent]:
        """An endpoint, an event that it has got, and one that it has not."""
        made = make("--event", "member.created", "--event", "customer.created")
        icefloe("trigger", "customer.created", "--organization", organization)
        return made["id"], attempt(made["id"], OK), attempt(made["id"], BAD)

    def test_none(self, webhooks: Command) -> None:
        """Where there is none, that is told."""
        assert webhooks("deliveries").out == "There is no such delivery.\n"

    def test_for_people(
        self, webhooks: Command, delivered: tuple[str, WebhookEvent, WebhookEvent]
    ) -> None:
        """Deliveries are listed newest first, with what the endpoint answered on one line."""
        _, first, second = delivered
        head, *rows = webhooks("deliveries").out.splitlines()

        assert head.split()[:3] == ["Event", "ID", "Type"]
        assert rows[0].startswith(f"{second.id}  customer.created")
        assert rows[0].endswith("none    10000 ms  All [31mconnection [/b]attempts failed")
        assert rows[1].startswith(f"{first.id}  member.created")
        assert rows[1].split()[-4:] == ["200", "12", "ms", "fine"]

    def test_for_programs(
        self, webhooks: Command, delivered: tuple[str, WebhookEvent, WebhookEvent]
    ) -> None:
        """The same as JSON, with the body that was sent."""
        endpoint_id, first, _ = delivered
        _, one = webhooks("deliveries", "--json").json

        assert list(one) == [
            "id", "endpoint_id", "event_id", "event_type", "created_at", "succeeded", "http_code",
            "milliseconds", "response", "payload",
        ]  # fmt: skip
        assert (one["endpoint_id"], one["event_id"]) == (endpoint_id, str(first.id))
        assert (one["succeeded"], one["http_code"], one["milliseconds"]) == (True, 200, 12.0)
        assert json.loads(one["payload"])["type"] == "member.created"

    @pytest.mark.parametrize(
        ("words", "expected"),
        [
            (["--succeeded"], ["member.created"]),
            (["--failed"], ["customer.created"]),
            (["--event", "member.created"], ["member.created"]),
            (
                ["--event", "member.created", "--event", "customer.created"],
                ["customer.created"] * 2,
            ),
            (["--limit", "1"], ["customer.created"]),
            (["--endpoint", NOBODY], []),
        ],
    )
    @pytest.mark.usefixtures("delivered")
    def test_filters(
        self,
        webhooks: Command,
        words: list[str],
        expected: list[str],
    ) -> None:
        """Filters leave out what they do not name."""
        found = [one["event_type"] for one in webhooks("deliveries", *words, "--json").json]
        assert len(found) == len(expected)
        assert found[:1] == expected[:1]

    @pytest.mark.parametrize(
        ("words", "mistake"),
        [
            (["deliveries", "--endpoint", "mine"], "endpoint 'mine' is not a UUID"),
            (["deliveries", "--event", "custmer.created"], "did you mean 'customer.created'?"),
            (["deliveries", "--limit", "0"], "greater than or equal to 1"),
            (["redeliver", "mine"], "event 'mine' is not a UUID"),
            (["redeliver", NOBODY], "the organization has no such webhook event"),
        ],
    )
    def test_mistakes(self, webhooks: Command, words: list[str], mistake: str) -> None:
        """A user's mistake is one line."""
        assert mistake in webhooks(*words).mistake

    def test_redeliver(
        self,
        webhooks: Command,
        delivered: tuple[str, WebhookEvent, WebhookEvent],
        attempt: Callable[..., WebhookEvent],
    ) -> None:
        """An event that was delivered is queued again, for the next worker that looks."""
        endpoint_id, first, _ = delivered
        assert webhooks("redeliver", str(first.id)).out == f"Event {first.id} is queued.\n"
        assert attempt(endpoint_id, OK).id == first.id

    def test_redeliver_to_disabled(
        self, webhooks: Command, delivered: tuple[str, WebhookEvent, WebhookEvent]
    ) -> None:
        """What goes to a disabled endpoint is not sent, and that is told."""
        endpoint_id, first, _ = delivered
        webhooks("update", endpoint_id, "--disabled")
        assert "its endpoint is disabled" in webhooks("redeliver", str(first.id)).mistake

    def test_redeliver_what_is_gone(
        self,
        webhooks: Command,
        organization: str,
        delivered: tuple[str, WebhookEvent, WebhookEvent],
    ) -> None:
        """What is no longer stored is not sent, and that is told."""
        _, first, _ = delivered

        async def forget() -> None:
            services = await _open()
            assert first.customer_id is not None
            customer_id = first.customer_id
            await services.storage.write(
                lambda tables: tables.webhook_events.forget(UUID(organization), customer_id)
            )
            await services.stop()

        run(forget())
        assert "is no longer stored" in webhooks("redeliver", str(first.id)).mistake
