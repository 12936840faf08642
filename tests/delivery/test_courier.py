"""The courier: what it attempts, in which order, beside what, and how it ends."""

import asyncio
import json
from datetime import timedelta

import pytest

from icefloe.domain.ports.storage import Tables
from icefloe.domain.values.webhooks import WebhookEndpointChange
from icefloe.domain.webhooks import schedule
from icefloe.domain.webhooks.deliveries import LEASE
from receiving import Received, Receiver
from sending import House
from support import run

pytestmark = pytest.mark.processes


def emails(requests: list[Received]) -> list[str]:
    """Which customers requests tell of."""
    return [json.loads(request.body)["data"]["email"] for request in requests]


def expected(*numbers: int) -> list[str]:
    """The addresses of customers by their numbers."""
    return [f"customer{number}@example.com" for number in numbers]


class TestOrder:
    """In which order events are attempted."""

    def test_nothing(self, house: House) -> None:
        """Where nothing is queued, it is idle."""
        house.start()
        house.create(1)
        house.settle()

        assert house.delivered() == []

    def test_first_attempts(self, house: House, receiver: Receiver) -> None:
        """Events of one endpoint arrive one after another, in the order in which they happened."""
        house.listen(receiver.url())
        house.create(*range(20))
        house.start()
        house.create(*range(20, 40))
        house.settle()

        assert emails(receiver.requests) == expected(*range(40))
        assert {request.connection for request in receiver.requests} == {1}
        found = house.delivered()
        assert [str(each.event.id) for each in found] == [
            request.event_id for request in receiver.requests
        ]
        assert all(each.delivery.succeeded for each in found)

    def test_a_failure_blocks_nothing(self, house: House, receiver: Receiver) -> None:
        """An event whose first attempt failed lets the next one go; its retry comes when it is due."""
        endpoint = house.listen(receiver.url("/500"))
        house.start()
        house.create(1, 2)
        house.settle()
        assert emails(receiver.got("/500")) == expected(1, 2)

        change = WebhookEndpointChange(url=receiver.url("/200"))
        run(house.services.webhook_endpoints.update(house.organization_id, endpoint.id, change))
        house.settle()
        assert receiver.got("/200") == []
        house.time.pass_by(seconds=9)
        house.courier.wake()
        house.create(3)
        house.settle()

        assert sorted(emails(receiver.got("/200"))) == expected(1, 2, 3)
        assert [each.event.attempts for each in house.delivered(succeeded=True)].count(2) == 2

    def test_retry(self, house: House, receiver: Receiver) -> None:
        """A retry has the same id and body, and a new time and signature."""
        house.listen(receiver.url("/500"))
        house.start()
        house.create(1)
        house.settle()
        house.time.pass_by(seconds=9)
        house.settle()

        first, second = receiver.requests
        assert (first.event_id, first.body) == (second.event_id, second.body)
        times = [int(each.header("webhook-timestamp")) for each in (first, second)]
        assert times[1] - times[0] == 9
        assert first.header("webhook-signature") != second.header("webhook-signature")

    def test_slow_retry(self, house: House, receiver: Receiver) -> None:
        """A retry that hangs holds up neither first attempts nor other retries."""
        endpoint = house.listen(receiver.url("/500"))
        house.start()
        house.create(1, 2)
        house.settle()
        change = WebhookEndpointChange(url=receiver.url("/hang"))
        run(house.services.webhook_endpoints.update(house.organization_id, endpoint.id, change))
        house.time.pass_by(seconds=9)
        house.courier.wake()
        house.wait_until(lambda: len(receiver.got("/hang")) == 2)

        change = WebhookEndpointChange(url=receiver.url("/200"))
        run(house.services.webhook_endpoints.update(house.organization_id, endpoint.id, change))
        house.create(3, 4)
        house.wait_until(lambda: len(receiver.got("/200")) == 2)

        assert emails(receiver.got("/200")) == expected(3, 4)

    def test_slow_endpoint(self, house: House, receiver: Receiver) -> None:
        """An endpoint that never answers delays no other."""
        house.listen(receiver.url("/hang"))
        house.listen(receiver.url("/200"))
        house.start()
        house.create(*range(5))
        house.wait_until(lambda: len(receiver.got("/200")) == 5)

        assert emails(receiver.got("/hang")) == expected(0)

    def test_many_slow_endpoints(
        self, house: House, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Where more endpoints have something due than are delivered to at once, each has its turn."""
        monkeypatch.setattr("icefloe.delivery.courier._MOST_LANES", 2)
        monkeypatch.setattr("icefloe.delivery.connections._STEP_SECONDS", 0.1)
        for _ in range(3):
            house.listen(receiver.url("/hang"))
        house.listen(receiver.url("/200"))
        house.create(*range(3))
        house.start()
        house.settle()

        assert emails(receiver.got("/200")) == expected(0, 1, 2)
        assert len(receiver.got("/hang")) == 9


class TestEndpoints:
    """What changes of endpoints do to what is queued."""

    def test_disabled_by_failures(self, house: House, receiver: Receiver) -> None:
        """Ten failed events in a row disable an endpoint; the log says so, without its secret."""
        endpoint = house.listen(receiver.url("/410"))
        house.start()
        house.create(*range(schedule.MAX_FAILURES + 1))
        for _ in range(schedule.MAX_ATTEMPTS):
            house.settle()
            house.time.pass_by(minutes=21)
            house.courier.wake()

        found = run(house.services.webhook_endpoints.get(house.organization_id, endpoint.id))
        assert not found.enabled
        (line,) = house.read_log()
        assert (line["event"], line["endpoint"]) == ("webhook endpoint disabled", str(endpoint.id))
        assert endpoint.secret not in house.written.getvalue()
        house.create(99)
        house.settle()
        assert "customer99@example.com" not in emails(receiver.requests)

    def test_disabled_meanwhile(self, house: House, receiver: Receiver) -> None:
        """What waits behind a slow attempt is skipped once its endpoint is disabled."""
        endpoint = house.listen(receiver.url("/drip"))
        house.start()
        house.create(1, 2, 3)
        house.wait_until(lambda: len(receiver.requests) == 1)
        change = WebhookEndpointChange(enabled=False)
        run(house.services.webhook_endpoints.update(house.organization_id, endpoint.id, change))
        house.settle()

        assert emails(receiver.requests) == expected(1)

    def test_redelivery(self, house: House, receiver: Receiver) -> None:
        """A redelivery sends the same event again, with the endpoint's present secret."""
        endpoint = house.listen(receiver.url())
        house.start()
        house.create(1)
        house.settle()
        run(house.services.webhook_endpoints.reset_secret(house.organization_id, endpoint.id))
        (first,) = house.delivered()
        run(house.services.webhook_deliveries.redeliver(house.organization_id, first.event.id))
        house.settle()

        assert len(house.delivered(event_id=first.event.id)) == 2
        one, other = receiver.requests
        assert (one.event_id, one.body) == (other.event_id, other.body)
        assert one.header("webhook-signature") != other.header("webhook-signature")

    def test_redelivery_amid_a_retry(self, house: House, receiver: Receiver) -> None:
        """A redelivery that is asked for while a retry is under way comes after it."""
        endpoint = house.listen(receiver.url("/500"))
        house.start()
        house.create(1)
        house.settle()
        change = WebhookEndpointChange(url=receiver.url("/drip"))
        run(house.services.webhook_endpoints.update(house.organization_id, endpoint.id, change))
        house.time.pass_by(seconds=9)
        house.courier.wake()
        house.wait_until(lambda: len(receiver.got("/drip")) == 1)
        (first,) = house.delivered()
        run(house.services.webhook_deliveries.redeliver(house.organization_id, first.event.id))
        house.settle()

        assert len(receiver.got("/drip")) == 2
        assert len(house.delivered()) == 3

    def test_cleared_meanwhile(self, house: House, receiver: Receiver) -> None:
        """What becomes of an event that was deleted meanwhile is stored nowhere."""
        house.listen(receiver.url("/drip"))
        house.start()
        house.create(1)
        house.wait_until(lambda: len(receiver.requests) == 1)

        async def clear(tables: Tables) -> None:
            await tables.organizations.lock(house.organization_id)
            await tables.clear(house.organization_id)

        run(house.services.storage.write(clear))
        house.settle()

        assert house.delivered() == []


class TestWorkers:
    """Several couriers over one database."""

    def test_rivals(self, house: House, receiver: Receiver) -> None:
        """Two couriers deliver each event once, in order, whichever of them takes the endpoint."""
        house.listen(receiver.url())
        rival = house.make_rival()
        house.start()
        run(rival.start())
        for number in range(0, 30, 3):
            house.create(*range(number, number + 3))
            run(asyncio.sleep(0.02))
        house.settle()

        assert emails(receiver.requests) == expected(*range(30))

    def test_lost_lease(
        self, house: House, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A courier whose lease has gone to another one cuts its attempt short, and goes no further."""
        monkeypatch.setattr("icefloe.delivery.lanes._RENEW_SECONDS", 0.05)
        endpoint = house.listen(receiver.url("/hang"))
        house.start()
        house.create(1, 2)
        house.wait_until(lambda: len(receiver.requests) == 1)
        holder, taker = house.courier._depot.holder, house.make_rival()._depot.holder

        async def take(tables: Tables) -> None:
            endpoints = tables.webhook_endpoints
            await endpoints.release(house.organization_id, endpoint.id, holder)
            assert await endpoints.lease(house.organization_id, endpoint.id, taker, LEASE)

        run(house.services.storage.write(take))
        house.wait_until(lambda: not house.courier._lanes)

        assert house.delivered() == []
        deliveries = house.services.webhook_deliveries
        run(deliveries.release(house.organization_id, endpoint.id, taker))
        house.wait_until(lambda: len(receiver.requests) == 2)
        assert emails(receiver.requests) == expected(1, 1)

    def test_lease_expires(self, house: House, receiver: Receiver) -> None:
        """What a killed worker left is sent when its lease has expired, though nothing else happens."""
        endpoint = house.listen(receiver.url())
        house.create(1)
        killed, span = house.make_rival()._depot.holder, timedelta(seconds=1)

        async def take(tables: Tables) -> None:
            endpoints = tables.webhook_endpoints
            assert await endpoints.lease(house.organization_id, endpoint.id, killed, span)

        run(house.services.storage.write(take))
        house.start()
        house.wait_until(lambda: len(receiver.requests) == 1)

        assert emails(receiver.requests) == expected(1)

    def test_lease_is_renewed(
        self, house: House, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A lease is renewed while an attempt takes long, and given back at the end."""
        monkeypatch.setattr("icefloe.delivery.lanes._RENEW_SECONDS", 0.05)
        endpoint = house.listen(receiver.url("/drip"))
        house.start()
        house.create(1)
        house.wait_until(lambda: len(receiver.requests) == 1)
        lane = next(iter(house.courier._lanes.values()))
        before = lane._leased_until
        house.wait_until(lambda: lane._leased_until > before)
        house.settle()

        rival = house.make_rival()._depot.holder
        deliveries = house.services.webhook_deliveries
        assert run(deliveries.lease(house.organization_id, endpoint.id, rival))


class TestEnds:
    """The end of a courier, and of what it needs."""

    def test_stop(self, house: House, receiver: Receiver) -> None:
        """It stops at once while receivers hang; what was cut short is not recorded, and sent again."""
        before = asyncio.all_tasks(_loop())
        house.listen(receiver.url("/hang"))
        house.listen(receiver.url("/200"))
        house.start()
        house.create(1)
        house.wait_until(lambda: len(receiver.requests) == 2)
        run(asyncio.wait_for(house.courier.stop(), 5))  # an attempt may take 60

        assert asyncio.all_tasks(_loop()) <= before
        assert [each.delivery.succeeded for each in house.delivered()] == [True]
        rival = house.make_rival()
        run(rival.start())
        house.wait_until(lambda: len(receiver.got("/hang")) == 2)
        assert emails(receiver.got("/hang")) == expected(1, 1)

    def test_unexpected(
        self, house: House, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A fault of ours in an attempt is logged and counts as a failure: the queue goes on."""
        house.listen(receiver.url())

        def fail(*_: object) -> None:
            raise RuntimeError

        monkeypatch.setattr("icefloe.delivery.messages.make_message", fail)
        house.start()
        house.create(1, 2)
        house.settle()

        assert [each.delivery.succeeded for each in house.delivered()] == [False, False]
        assert [line["event"] for line in house.read_log()] == ["webhook not sent"] * 2


def _loop() -> asyncio.AbstractEventLoop:
    """The loop that all tests share, which does not run now."""

    async def find() -> asyncio.AbstractEventLoop:
        return asyncio.get_running_loop()

    return run(find())
