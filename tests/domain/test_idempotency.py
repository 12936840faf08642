"""Requests that are sent twice and act once, while time goes on."""

from collections.abc import Callable
from uuid import UUID, uuid4

import pytest

from icefloe.domain.idempotency import act_once
from icefloe.domain.organizations import Organizations
from icefloe.domain.ports.storage import Storage, Tables
from icefloe.domain.values import errors
from icefloe.domain.values.answers import Once
from support import HeldTime, run

ONCE = Once("key", b"fingerprint")


@pytest.fixture
def organization_id(store: Storage, time: HeldTime) -> UUID:
    """An organization whose keys they are."""
    return run(Organizations(store, time.clock).create("Tests")).id


@pytest.fixture
def ask(store: Storage, time: HeldTime, organization_id: UUID) -> Callable[..., bytes]:
    """Sends a request; each time that it acts, its answer has another number."""
    acted = iter(range(1, 100))

    def ask(
        once: Once | None, organization: UUID = organization_id, *, fails: bool = False
    ) -> bytes:
        async def act() -> tuple[UUID, bytes]:
            number = next(acted)
            if fails:
                raise errors.NotPermitted("no")
            return uuid4(), b"answer %d" % number

        async def work(tables: Tables) -> bytes:
            return await act_once(tables, organization, once, time.now, act)

        return run(store.write(work))

    return ask


class TestActOnce:
    """`act_once`."""

    def test_again(self, ask: Callable[..., bytes]) -> None:
        """The same request has the first one's answer, and does not act."""
        assert [ask(ONCE), ask(ONCE), ask(ONCE)] == [b"answer 1"] * 3

    def test_without_a_key(self, ask: Callable[..., bytes]) -> None:
        """A request without a key acts each time."""
        assert [ask(None), ask(None)] == [b"answer 1", b"answer 2"]

    def test_another_request(self, ask: Callable[..., bytes]) -> None:
        """The same key for another request breaks a rule; the first answer stays."""
        ask(ONCE)

        with pytest.raises(errors.RulesBroken) as raised:
            ask(Once("key", b"another"))
        (violation,) = raised.value.violations
        assert (violation.kind, violation.place) == ("value_error", ("header", "idempotency-key"))
        assert (violation.message, violation.value) == (
            "This key was used before, with another request.",
            "key",
        )
        assert ask(ONCE) == b"answer 1"

    def test_another_key(self, ask: Callable[..., bytes]) -> None:
        """Another key is another request."""
        assert [ask(ONCE), ask(Once("Key", b"fingerprint"))] == [b"answer 1", b"answer 2"]

    def test_another_organization(
        self, store: Storage, time: HeldTime, ask: Callable[..., bytes]
    ) -> None:
        """Another organization's key is another one."""
        other = run(Organizations(store, time.clock).create("Others")).id

        assert [ask(ONCE), ask(ONCE, other), ask(ONCE)] == [b"answer 1", b"answer 2", b"answer 1"]

    def test_failed(self, ask: Callable[..., bytes]) -> None:
        """A request that failed leaves its key free."""
        with pytest.raises(errors.NotPermitted):
            ask(ONCE, fails=True)

        assert ask(Once("key", b"another")) == b"answer 2"

    def test_a_day(self, time: HeldTime, ask: Callable[..., bytes]) -> None:
        """An answer is kept for 24 hours to the microsecond, and then for another such day."""
        ask(ONCE)
        time.pass_by(hours=24, microseconds=-1)
        assert ask(ONCE) == b"answer 1"
        time.pass_by(microseconds=1)

        assert ask(Once("key", b"another")) == b"answer 2"
        time.pass_by(hours=23)
        assert ask(Once("key", b"another")) == b"answer 2"

    def test_old_answers_are_removed(
        self, store: Storage, time: HeldTime, organization_id: UUID, ask: Callable[..., bytes]
    ) -> None:
        """What is kept no longer is removed as new answers come."""
        for number in range(5):
            ask(Once(f"{number}", b"fingerprint"))
        time.pass_by(hours=25)
        ask(ONCE)

        async def find_all(tables: Tables) -> list[object]:
            keys = [*(f"{number}" for number in range(5)), "key"]
            long_ago = time.now.replace(year=2000)
            return [await tables.answers.find(organization_id, key, long_ago) for key in keys]

        kept = run(store.read(find_all))
        assert [one is not None for one in kept] == [False] * 5 + [True]
