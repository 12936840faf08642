"""An organization's clock governs all that has to do with time."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from icefloe.control.clocks import OrganizationClock
from icefloe.domain.values.errors import InvalidValue
from standing_in import Treated

pytestmark = pytest.mark.processes

START = datetime(2026, 5, 1, tzinfo=UTC)


class TestOverTheWire:
    """`/_icefloe/organizations/{id}/clock`."""

    def test_times_of_customers(self, treated: Treated) -> None:
        """`created_at` and `modified_at` are what a frozen clock shows."""
        treated.control("PATCH", "/clock", {"now": START.isoformat(), "is_frozen": True})
        made = treated.create("ada@example.com")
        treated.control("PATCH", "/clock", {"advance": 3600})
        changed = treated.ask("PATCH", f"/v1/customers/{made['id']}", {"name": "Ada"}).json()

        assert changed["created_at"] == "2026-05-01T00:00:00Z"
        assert changed["modified_at"] == "2026-05-01T01:00:00Z"

    def test_expiry(self, treated: Treated) -> None:
        """A token expires by the organization's clock."""
        treated.control("PATCH", "/clock", {"now": START.isoformat(), "is_frozen": True})
        until = (START + timedelta(days=30)).isoformat()
        made = treated.control("POST", "/tokens", {"expires_at": until}).json()
        other = Treated(treated.server, treated.id, made["token"])
        assert other.ask("GET", "/v1/customers/").status_code == 200

        treated.control("PATCH", "/clock", {"advance": 30 * 86_400})

        assert other.ask("GET", "/v1/customers/").status_code == 401
        assert other.requests()[-1]["status"] == 401

    def test_idempotency(self, treated: Treated) -> None:
        """An answer is kept for a repeated request for a day of the organization's."""
        treated.control("PATCH", "/clock", {"is_frozen": True})
        key = {"Idempotency-Key": "one"}
        body = {"email": "ada@example.com"}
        first = treated.ask("POST", "/v1/customers/", body, **key)
        treated.control("PATCH", "/clock", {"advance": 86_399})
        assert treated.ask("POST", "/v1/customers/", body, **key).json() == first.json()

        treated.control("PATCH", "/clock", {"advance": 1})

        assert treated.ask("POST", "/v1/customers/", body, **key).status_code == 422

    def test_alone(self, make: Callable[..., Treated]) -> None:
        """Another organization goes by its own."""
        make().control("PATCH", "/clock", {"now": START.isoformat(), "is_frozen": True})

        assert make().create("ada@example.com")["created_at"] > "2026-11"

    def test_tick(self, treated: Treated) -> None:
        """It moves on with each request that changes something, and with no other."""
        treated.control(
            "PATCH", "/clock", {"now": START.isoformat(), "is_frozen": True, "tick": 60}
        )
        treated.create("a@example.com")
        treated.emails()
        assert treated.ask("POST", "/v1/customers/", {"email": "a@example.com"}).is_client_error

        assert treated.control("GET", "/clock").json() == {
            "now": "2026-05-01T00:01:00Z",
            "is_frozen": True,
            "speed": 1.0,
            "tick": 60.0,
        }

    def test_no_tick(self, treated: Treated) -> None:
        """A request that is only sent elsewhere has changed nothing, and moves it on by nothing."""
        ada = treated.create("ada@example.com")
        before = treated.control("PATCH", "/clock", {"is_frozen": True, "tick": 5}).json()["now"]

        moved = treated.ask("PATCH", f"/v1/customers/{ada['id']}/", {"name": "Ada"})

        assert moved.status_code == 307
        assert treated.control("GET", "/clock").json()["now"] == before

    def test_reset(self, treated: Treated) -> None:
        """It can be let go by the real time again."""
        treated.control("PATCH", "/clock", {"now": START.isoformat(), "is_frozen": True})

        assert treated.control("DELETE", "/clock").status_code == 204

        now = datetime.fromisoformat(treated.control("GET", "/clock").json()["now"])
        assert abs(now - datetime.now(UTC)) < timedelta(minutes=1)

    @pytest.mark.parametrize(
        "change",
        [
            {"now": "1969-12-31T23:59:59Z"},
            {"now": "9000-01-01T00:00:00Z"},
            {"advance": -1e11},
            {"advance": 1e12},
            {"speed": -1},
            {"tick": "soon"},
            {"frozen": True},
        ],
    )
    def test_wrong(self, treated: Treated, change: dict[str, object]) -> None:
        """What cannot be shown is a 422, and the clock stays as it is."""
        before = treated.control(
            "PATCH", "/clock", {"now": START.isoformat(), "is_frozen": True}
        ).json()

        assert treated.control("PATCH", "/clock", change).status_code == 422

        assert treated.control("GET", "/clock").json() == before


class TestByItself:
    """`OrganizationClock`."""

    def test_speed(self) -> None:
        """It runs as fast as it is told to, from where it stands."""
        clock = OrganizationClock()
        clock.change(now=START, speed=1_000_000)
        first = clock.now()
        assert START <= first < clock.now() or clock.now() > START
        clock.change(speed=0)
        held = clock.now()

        assert clock.now() == held > START

    def test_last_moment(self) -> None:
        """However fast it runs, it does not run past what can be written."""
        clock = OrganizationClock()
        clock.change(now=datetime(8999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC), speed=1_000_000)
        clock.move_on()

        assert clock.now() <= datetime(9000, 1, 1, tzinfo=UTC)

    def test_other_zones(self) -> None:
        """Whatever the offset a moment is given with, it is shown in UTC."""
        clock = OrganizationClock()
        clock.change(now=datetime.fromisoformat("2026-05-01T02:00:00+02:00"), is_frozen=True)

        assert clock.now().isoformat() == "2026-05-01T00:00:00+00:00"

    def test_past_the_ends(self) -> None:
        """It cannot be set to what is not a moment it shows."""
        clock = OrganizationClock()

        for advance in (-1e11, 1e30):
            with pytest.raises(InvalidValue):
                clock.change(advance=advance)

    def test_ids(self) -> None:
        """Ids of a seed are of version 4, and the same each time."""
        clocks = [OrganizationClock(), OrganizationClock()]
        for clock in clocks:
            clock.plant(5)
        first, second = ([clock.new_id() for _ in range(3)] for clock in clocks)

        assert first == second
        assert {each.version for each in first} == {4}
        assert len(set(first)) == 3
