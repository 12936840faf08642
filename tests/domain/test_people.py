"""People: who may sign in, the first of them, and how often a password may be tried."""

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from argon2 import low_level

from icefloe.domain.organizations import Organizations
from icefloe.domain.people import throttle
from icefloe.domain.people.memberships import Memberships
from icefloe.domain.people.people import FIRST_ORGANIZATION, People
from icefloe.domain.people.sessions import Sessions
from icefloe.domain.ports.storage import Storage
from icefloe.domain.values import errors
from icefloe.domain.values.people import Person
from support import Engine, HeldTime, run

SECRET = b"a secret of the tests"
GOOD = "seven grey herons"
OTHER = "eight grey herons"
HERE = "192.0.2.1"


@pytest.fixture
def people(store: Storage, time: HeldTime) -> People:
    """The rules, on an empty storage."""
    return People(store, time.clock, SECRET)


@pytest.fixture
def organizations(store: Storage, time: HeldTime) -> Organizations:
    """The rules of organizations, on the same."""
    return Organizations(store, time.clock)


@pytest.fixture
def memberships(store: Storage, time: HeldTime) -> Memberships:
    """The rules of memberships, on the same."""
    return Memberships(store, time.clock)


@pytest.fixture
def ada(people: People) -> Person:
    """Somebody."""
    return run(people.create("Ada@Example.com", GOOD, name=" Ada "))


class TestCreate:
    """Adding somebody."""

    def test_create(self, people: People, ada: Person, time: HeldTime) -> None:
        """A person keeps the address as it was written, a name, and the present moment."""
        assert (ada.email, ada.name, ada.created_at) == ("Ada@example.com", "Ada", time.now)
        assert run(people.get(ada.id)) == ada
        assert run(people.find_by_email("ADA@EXAMPLE.COM")) == ada
        assert run(people.find_all()) == [ada]

    def test_a_password_is_kept_as_a_slow_hash(
        self, ada: Person, engine: Engine, tmp_path: Any
    ) -> None:
        """What is kept is Argon2id's text with its salt; the password is in no file."""
        assert ada.password_hash.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
        assert "argon2" not in repr(ada)
        for file in tmp_path.iterdir() if engine.name == "sqlite" else ():
            assert GOOD.encode() not in file.read_bytes()

    def test_same_password_another_hash(self, people: People, ada: Person) -> None:
        """Two people with one password have hashes of their own."""
        bob = run(people.create("bob@example.com", GOOD))

        assert bob.password_hash != ada.password_hash

    @pytest.mark.parametrize("email", ["ADA@example.com", "ada@EXAMPLE.com"])
    def test_taken(self, people: People, ada: Person, email: str) -> None:
        """An address is one person's alone, letter case aside."""
        with pytest.raises(errors.Duplicate) as refused:
            run(people.create(email, GOOD))

        assert refused.value.field == "email"
        assert run(people.find_all()) == [ada]

    @pytest.mark.parametrize("email", ["root@localhost", "ada@mail.test"])
    def test_a_domain_of_ones_own(self, people: People, email: str) -> None:
        """No mail is sent, so that a domain need not be a public one."""
        assert run(people.create(email, GOOD)).email == email

    @pytest.mark.parametrize("email", ["", "ada", "ada@", "@example.com", "a\0b@example.com"])
    def test_not_an_address(self, people: People, email: str) -> None:
        """A person signs in with an e-mail address."""
        with pytest.raises(errors.InvalidValue, match="not a valid email"):
            run(people.create(email, GOOD))

    @pytest.mark.parametrize("name", ["x" * 257, "a\0b"])
    def test_not_a_name(self, people: People, name: str) -> None:
        """A name has 256 characters at most."""
        with pytest.raises(errors.InvalidValue, match="256 characters"):
            run(people.create("ada@example.com", GOOD, name=name))

    def test_in_organizations(
        self, people: People, organizations: Organizations, memberships: Memberships
    ) -> None:
        """A person can be in organizations from the start."""
        one = run(organizations.create("One", organization_id=uuid4()))
        two = run(organizations.create("Two", organization_id=uuid4()))

        made = run(people.create("a@b.test", GOOD, roles={one.id: "owner", two.id: "member"}))

        assert {o.name: role for o, role in run(memberships.find_of_person(made.id))} == {
            "One": "owner",
            "Two": "member",
        }

    def test_in_no_such_organization(self, people: People) -> None:
        """Where an organization is not there, nobody is added."""
        with pytest.raises(errors.OrganizationNotFound):
            run(people.create("a@b.test", GOOD, roles={uuid4(): "owner"}))

        assert run(people.find_all()) == []

    def test_oldest_first(self, people: People, time: HeldTime) -> None:
        """People are listed by age, as many as are asked for."""
        made = []
        for name in ("b", "c", "a"):
            made.append(run(people.create(f"{name}@x.test", GOOD)))
            time.pass_by(seconds=1)

        assert run(people.find_all()) == made
        assert run(people.find_all(2)) == made[:2]

    def test_rename(self, people: People, ada: Person) -> None:
        """A person can be called something else, or nothing."""
        run(people.rename(ada.id, " Countess "))
        assert run(people.get(ada.id)).name == "Countess"
        run(people.rename(ada.id, ""))
        assert run(people.get(ada.id)).name == ""

    def test_nobody(self, people: People) -> None:
        """Who is not there cannot be found, changed or removed."""
        for work in (
            people.get(uuid4()),
            people.rename(uuid4(), "x"),
            people.remove(uuid4()),
            people.change_password(uuid4(), GOOD, OTHER),
            people.reset_password(uuid4(), OTHER),
        ):
            with pytest.raises(errors.PersonNotFound):
                run(work)
        assert run(people.find_by_email("not an address")) is None


class TestPasswords:
    """Which are accepted; tests of their own say more."""

    @pytest.mark.parametrize("password", ["short", "password123", "ada@example.com"])
    def test_refused(self, people: People, password: str) -> None:
        """Nobody is added with a password that is short, or tried first by others."""
        with pytest.raises(errors.InvalidValue, match="password"):
            run(people.create("ada@example.com", password))

        assert run(people.find_all()) == []

    def test_composed(self, people: People) -> None:
        """A letter and its accent are the same, typed as one or as two."""
        made = run(people.create("ada@example.com", "cafe\u0301 au lait!"))

        assert run(people.authenticate("ada@example.com", "caf\u00e9 au lait!", address="")) == made


class TestFirst:
    """The first person."""

    def test_comes_in_by_the_link(
        self, people: People, memberships: Memberships, time: HeldTime
    ) -> None:
        """Whoever has the link is the first, and owns an organization that is made for it."""
        assert run(people.is_nobody())
        token = run(people.find_first_token())
        assert token is not None
        assert run(people.is_first_token(token))

        made = run(people.create_first("ada@example.com", GOOD, name="Ada", token=token))

        ((organization, role),) = run(memberships.find_of_person(made.id))
        assert (organization.name, role) == (FIRST_ORGANIZATION, "owner")
        assert organization.created_at == time.now
        assert not run(people.is_nobody())
        assert run(people.find_first_token()) is None
        assert not run(people.is_first_token(token))

    def test_owns_all_there_are(
        self, people: People, organizations: Organizations, memberships: Memberships
    ) -> None:
        """Where there are organizations, none is made, and the first person owns them all."""
        there = [run(organizations.create(name, organization_id=uuid4())) for name in ("A", "B")]
        token = run(people.find_first_token()) or ""

        made = run(people.create_first("ada@example.com", GOOD, token=token))

        found = run(memberships.find_of_person(made.id))
        assert sorted((o.name, role) for o, role in found) == [("A", "owner"), ("B", "owner")]
        assert len(run(organizations.find_all())) == len(there)

    @pytest.mark.parametrize("token", ["", "x", "é" * 43, "A" * 43])
    def test_wrong_link(self, people: People, token: str) -> None:
        """Without the right link nobody is first."""
        assert not run(people.is_first_token(token))
        with pytest.raises(errors.AuthenticationFailed, match="not valid any more"):
            run(people.create_first("ada@example.com", GOOD, token=token))
        assert run(people.is_nobody())

    def test_once(self, people: People) -> None:
        """A link that has been used is worth nothing."""
        token = run(people.find_first_token()) or ""
        run(people.create_first("ada@example.com", GOOD, token=token))

        with pytest.raises(errors.AuthenticationFailed):
            run(people.create_first("bob@example.com", GOOD, token=token))

    def test_not_once_somebody_was_added(self, people: People) -> None:
        """Nor is one once somebody was added in another way."""
        token = run(people.find_first_token()) or ""
        run(people.create("bob@example.com", GOOD))

        with pytest.raises(errors.AuthenticationFailed):
            run(people.create_first("ada@example.com", GOOD, token=token))

    def test_two_at_once(self, people: People) -> None:
        """Of two who use the link at the same moment, one is the first and the other nobody."""
        token = run(people.find_first_token()) or ""

        async def both() -> list[Person | BaseException]:
            return await asyncio.gather(
                *(people.create_first(f"{name}@x.test", GOOD, token=token) for name in "ab"),
                return_exceptions=True,
            )

        told = run(both())

        assert sorted(type(one).__name__ for one in told) == ["AuthenticationFailed", "Person"]
        assert len(run(people.find_all())) == 1

    def test_a_mistake_leaves_the_link(self, people: People) -> None:
        """A password that is refused does not use the link up."""
        token = run(people.find_first_token()) or ""
        with pytest.raises(errors.InvalidValue):
            run(people.create_first("ada@example.com", "short", token=token))

        run(people.create_first("ada@example.com", GOOD, token=token))

        assert not run(people.is_nobody())

    def test_every_process_knows_it(self, people: People, engine: Engine, time: HeldTime) -> None:
        """Another process with the same secret has the same link; with another secret, another."""
        store = run(engine.open())
        try:
            token = run(people.find_first_token())
            assert run(People(store, time.clock, SECRET).find_first_token()) == token
            assert run(People(store, time.clock, b"another").find_first_token()) != token
        finally:
            run(store.close())

    def test_once_everybody_is_gone(self, people: People) -> None:
        """Where the last person is removed, there is a link again, and not the one before."""
        token = run(people.find_first_token()) or ""
        made = run(people.create_first("ada@example.com", GOOD, token=token))

        run(people.remove(made.id))

        assert run(people.is_nobody())
        assert not run(people.is_first_token(token))
        again = run(people.find_first_token()) or ""
        run(people.create_first("ada@example.com", GOOD, token=again))
        assert not run(people.is_nobody())


class TestRemove:
    """Removing somebody."""

    def test_leaves_organizations(
        self, people: People, ada: Person, memberships: Memberships, organizations: Organizations
    ) -> None:
        """An organization stays that nobody is in any more."""
        made = run(memberships.create_organization(ada.id, "Hers"))

        run(people.remove(ada.id))

        assert run(people.find_all()) == []
        assert run(memberships.find_of_organization(made.id)) == []
        assert run(organizations.get(made.id)) == made

    def test_who_owns_it_alone(self, people: People, ada: Person, memberships: Memberships) -> None:
        """Who alone owns what others are in cannot go before one of them is an owner."""
        made = run(memberships.create_organization(ada.id, "Theirs", slug="theirs"))
        bob = run(people.create("bob@example.com", GOOD, roles={made.id: "member"}))

        with pytest.raises(errors.InvalidValue, match=r"Theirs \(theirs\)"):
            run(people.remove(ada.id))
        run(memberships.change_role(made.id, bob.id, "owner"))
        run(people.remove(ada.id))

        assert run(memberships.find_of_organization(made.id)) == [(bob, "owner")]


class TestAuthenticate:
    """Who has an address and a password."""

    def test_right(self, people: People, ada: Person) -> None:
        """The address counts without letter case, the password with it."""
        assert run(people.authenticate("ADA@example.COM", GOOD, address=HERE)) == ada
        with pytest.raises(errors.AuthenticationFailed):
            run(people.authenticate("ada@example.com", GOOD.title(), address=HERE))

    @pytest.mark.usefixtures("ada")
    @pytest.mark.parametrize(
        "email",
        ["ada@example.com", "bob@example.com", "", "nobody", "a\0b@x.test", "\ud800@x.test"],
    )
    def test_wrong(self, people: People, email: str) -> None:
        """Nobody is told which of the two is wrong."""
        with pytest.raises(errors.AuthenticationFailed) as refused:
            run(people.authenticate(email, "not this one", address=HERE))

        assert str(refused.value) == "The e-mail address or the password is wrong."

    @pytest.mark.usefixtures("ada")
    def test_same_work_for_nobody(self, people: People, monkeypatch: pytest.MonkeyPatch) -> None:
        """An address that nobody has costs one hash, as does one that somebody has."""
        made: list[object] = []
        for name in ("hash_secret", "verify_secret"):
            whole: Callable[..., object] = getattr(low_level, name)

            def counted(
                *values: object, whole: Callable[..., object] = whole, **named: object
            ) -> object:
                made.append(whole)
                return whole(*values, **named)

            monkeypatch.setattr(f"argon2._password_hasher.{name}", counted)

        for email in ("ada@example.com", "nobody@example.com"):
            with pytest.raises(errors.AuthenticationFailed):
                run(people.authenticate(email, "not this one", address=HERE))

        assert len(made) == 2

    def test_not_on_the_event_loop(self, people: People, ada: Person) -> None:
        """While a hash is made, others are served."""

        async def watch() -> tuple[Person, int]:
            turns = 0
            signing_in = asyncio.ensure_future(
                people.authenticate("ada@example.com", GOOD, address=HERE)
            )
            while not signing_in.done():
                await asyncio.sleep(0)
                turns += 1
            return await signing_in, turns

        found, turns = run(watch())

        assert found == ada
        assert turns > 50


class TestThrottle:
    """How often a password may be tried."""

    def fail(self, people: People, email: str = "ada@example.com", address: str = HERE) -> None:
        """Try a wrong password."""
        with pytest.raises(errors.AuthenticationFailed):
            run(people.authenticate(email, "not this one", address=address))

    def wait_of(self, people: People, email: str = "ada@example.com", address: str = HERE) -> int:
        """How long a right password has to wait."""
        with pytest.raises(errors.TooManyAttempts) as refused:
            run(people.authenticate(email, GOOD, address=address))
        return refused.value.wait_seconds

    def test_doubles(self, people: People, ada: Person, time: HeldTime) -> None:
        """After five wrong ones each costs twice the wait before; a right one then is let in."""
        for number in range(5):
            self.fail(people, address=f"192.0.2.{number}")
        for expected in (1, 2, 4, 8):
            assert self.wait_of(people) == expected
            time.pass_by(seconds=expected)
            self.fail(people)
        assert self.wait_of(people) == 16
        time.pass_by(seconds=15.5)
        assert self.wait_of(people) == 1
        time.pass_by(seconds=0.5)

        assert run(people.authenticate("ada@example.com", GOOD, address=HERE)) == ada
        self.fail(people)

    def test_letter_case_is_no_way_round(self, people: People, ada: Person) -> None:
        """An address in capitals is the same one, and another one waits for nobody."""
        for number in range(5):
            self.fail(people, "ADA@example.com" if number % 2 else " ada@example.com")

        self.wait_of(people, ada.email)
        self.fail(people, "bob@example.com")

    @pytest.mark.parametrize(
        ("addresses", "other"),
        [
            ([HERE], "192.0.2.2"),
            ([f"2001:db8:1:2::{number}" for number in range(20)], "2001:db8:1:3::1"),
            ([HERE, f"::ffff:{HERE}"], "::ffff:192.0.2.2"),
        ],
    )
    def test_by_place(self, people: People, ada: Person, addresses: list[str], other: str) -> None:
        """Twenty wrong ones from one place, whoever for, make it wait; of IPv6, from a network."""
        for number in range(20):
            self.fail(people, f"{number}@example.com", addresses[number % len(addresses)])

        assert self.wait_of(people, address=addresses[0]) == 1
        assert run(people.authenticate("ada@example.com", GOOD, address=other)) == ada

    def test_an_unknown_place(self, people: People, ada: Person) -> None:
        """Where the place is not known, it is not counted."""
        for number in range(21):
            self.fail(people, f"{number}@example.com", "")

        assert run(people.authenticate("ada@example.com", GOOD, address="")) == ada

    def test_right_ones_do_not_count(self, people: People, ada: Person) -> None:
        """Who signs in often does not wait."""
        for _ in range(22):
            assert run(people.authenticate("ada@example.com", GOOD, address=HERE)) == ada

    def test_many_at_once(self, people: People, ada: Person) -> None:
        """Attempts made at the same moment are as many as if one came after the other."""

        async def try_all() -> list[BaseException | Person]:
            return await asyncio.gather(
                *(
                    people.authenticate(ada.email, f"not this one {number}", address=HERE)
                    for number in range(12)
                ),
                return_exceptions=True,
            )

        told = run(try_all())

        assert [type(one).__name__ for one in told].count("AuthenticationFailed") == 5
        assert [type(one).__name__ for one in told].count("TooManyAttempts") == 7

    def test_longest(self, time: HeldTime) -> None:
        """Nobody waits longer than five minutes, however often, and whatever the clock does."""
        attempts = throttle.Throttle(time.clock, free=1)
        for _ in range(100):
            attempts.note("x")

        with pytest.raises(errors.TooManyAttempts) as refused:
            attempts.check("x")
        assert refused.value.wait_seconds == 300
        time.pass_by(days=-1)
        with pytest.raises(errors.TooManyAttempts) as refused:
            attempts.check("x")
        assert refused.value.wait_seconds == 300

    def test_forgotten(self, time: HeldTime) -> None:
        """An hour after the last attempt, those before it count no longer."""
        attempts = throttle.Throttle(time.clock, free=2)
        attempts.note("x")
        time.now += throttle.FORGOTTEN_AFTER
        attempts.note("x")

        attempts.check("x")

    def test_bounded(self, time: HeldTime) -> None:
        """However many names are tried, so many are remembered at most: the latest."""
        attempts = throttle.Throttle(time.clock, free=1)
        for number in range(10_001):
            attempts.note(str(number))

        attempts.check("0")
        with pytest.raises(errors.TooManyAttempts):
            attempts.check("10000")
        assert len(attempts._attempts) == 10_000


class TestChangePassword:
    """Another password."""

    @pytest.fixture
    def sessions(self, store: Storage, time: HeldTime) -> Sessions:
        """The rules of sessions, on the same storage."""
        return Sessions(store, time.clock, SECRET)

    def test_change(self, people: People, ada: Person, sessions: Sessions) -> None:
        """Who knows the password so far gets another, and is signed out everywhere else."""
        here, there = (run(sessions.begin(ada, user_agent="")) for _ in range(2))

        run(people.change_password(ada.id, GOOD, OTHER, but=here))

        assert run(people.authenticate(ada.email, OTHER, address=HERE)).id == ada.id
        with pytest.raises(errors.AuthenticationFailed):
            run(people.authenticate(ada.email, GOOD, address=HERE))
        assert run(sessions.find(here)) is not None
        assert run(sessions.find(there)) is None

    def test_wrong(self, people: People, ada: Person, sessions: Sessions) -> None:
        """Without it nothing changes, and it cannot be guessed for ever."""
        value = run(sessions.begin(ada, user_agent=""))

        for _ in range(5):
            with pytest.raises(errors.AuthenticationFailed, match="so far is wrong"):
                run(people.change_password(ada.id, "not this one", OTHER))
        with pytest.raises(errors.TooManyAttempts):
            run(people.change_password(ada.id, GOOD, OTHER))

        assert run(people.get(ada.id)) == ada
        assert run(sessions.find(value)) is not None

    def test_race(self, people: People, ada: Person) -> None:
        """Of two changes that both know the old password, the second no longer does."""

        async def race() -> list[object]:
            return await asyncio.gather(
                *(people.change_password(ada.id, GOOD, new) for new in (OTHER, f"{OTHER} too")),
                return_exceptions=True,
            )

        outcomes = run(race())

        assert [type(one) for one in outcomes].count(errors.AuthenticationFailed) == 1
        (changed,) = [one for one in outcomes if isinstance(one, Person)]
        assert run(people.get(ada.id)) == changed

    def test_refused(self, people: People, ada: Person) -> None:
        """The new one is judged as the first was."""
        with pytest.raises(errors.InvalidValue, match="at least 10"):
            run(people.change_password(ada.id, GOOD, "short"))
        with pytest.raises(errors.InvalidValue, match="others try"):
            run(people.reset_password(ada.id, ada.email))

    def test_reset(self, people: People, ada: Person, sessions: Sessions) -> None:
        """Whoever runs the server gives another without the old, which signs out everywhere."""
        value = run(sessions.begin(ada, user_agent=""))
        for _ in range(6):
            with pytest.raises((errors.AuthenticationFailed, errors.TooManyAttempts)):
                run(people.authenticate(ada.email, "not this one", address=HERE))

        run(people.reset_password(ada.id, OTHER))

        assert run(people.authenticate(ada.email, OTHER, address=HERE)).id == ada.id
        assert run(sessions.find(value)) is None
