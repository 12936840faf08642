"""`icefloe people`: add, list, let in and remove them, and give them other passwords."""

import io
from collections.abc import Callable
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from icefloe.assembly import open_services
from icefloe.domain.values import errors
from icefloe.domain.values.people import Person
from icefloe.settings import load
from support import Command, Told, run

GOOD = "seven grey herons"
OTHER = "eight grey herons"


@pytest.fixture
def with_password(icefloe: Command, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Runs a command with a password on standard input."""

    def command(*words: str, password: str = GOOD) -> Told:
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{password}\n"))
        return icefloe("people", *words, "--password-stdin")

    return command


def sign_in(email: str, password: str) -> Person | None:
    """Whom an address and a password let in, on the database that is set."""

    async def main() -> Person | None:
        services = await open_services(load({}).settings)
        try:
            return await services.people.authenticate(email, password, address="")
        except errors.AuthenticationFailed:
            return None
        finally:
            await services.stop()

    return run(main())


class TestCreate:
    """`icefloe people create`."""

    def test_for_people(self, with_password: Command, tmp_path: Path) -> None:
        """A person is added, who can sign in; the password is nowhere kept, and nowhere shown."""
        told = with_password("create", "Ada@Example.com", "--name", "Ada")

        person_id, email = told.out.split()
        assert email == "Ada@example.com"
        made = sign_in("ada@example.com", GOOD)
        assert made is not None
        assert (made.id, made.name) == (UUID(person_id), "Ada")
        assert GOOD not in told.out + told.err
        for file in tmp_path.rglob("*"):
            assert file.is_dir() or GOOD.encode() not in file.read_bytes()

    def test_for_programs(self, with_password: Command) -> None:
        """The same as JSON, with what is known of the person and never the hash."""
        made = with_password("create", "ada@example.com", "--json").json

        assert list(made) == ["id", "email", "name", "created_at"]
        assert (made["email"], made["name"]) == ("ada@example.com", "")

    def test_in_organizations(
        self, icefloe: Command, with_password: Command, make_organization: Callable[..., str]
    ) -> None:
        """A person can be in organizations from the start: as an owner, unless said otherwise."""
        one, two = make_organization("One"), make_organization("Two")
        with_password("create", "a@x.test", "--organization", one, "--organization", two)
        with_password("create", "b@x.test", "--organization", two, "--role", "member")

        roles = {
            person["email"]: {each["id"]: each["role"] for each in person["organizations"]}
            for person in icefloe("people", "list", "--json").json
        }
        assert roles == {"a@x.test": {one: "owner", two: "owner"}, "b@x.test": {two: "member"}}

    @pytest.mark.parametrize(
        ("words", "mistake"),
        [
            (["nobody"], "not a valid email address"),
            (["a@x.test", "--role", "boss"], "'boss' is not a role"),
            (["a@x.test", "--organization", "x"], "'x' is not a UUID"),
            (["a@x.test", "--organization", str(uuid4())], "there is no organization"),
            (["a@x.test", "--name", "x" * 257], "256 characters"),
        ],
    )
    def test_mistakes(
        self, icefloe: Command, with_password: Command, words: list[str], mistake: str
    ) -> None:
        """What is wrong is told in one line, and nobody is added."""
        assert mistake in with_password("create", *words).mistake
        assert icefloe("people", "list", "--json").json == []

    @pytest.mark.parametrize("password", ["", "short", "password123"])
    def test_password_refused(self, with_password: Command, password: str) -> None:
        """A password that is no good is refused here too."""
        assert "password" in with_password("create", "a@x.test", password=password).mistake

    def test_twice(self, with_password: Command) -> None:
        """An address is one person's alone."""
        with_password("create", "a@x.test")

        told = with_password("create", "A@x.test")

        assert told.mistake == "there is a person with the address A@x.test"

    def test_no_terminal(self, icefloe: Command, monkeypatch: pytest.MonkeyPatch) -> None:
        """Where there is no terminal to ask on, it says what to do."""
        monkeypatch.setattr("sys.stdin", io.StringIO())

        assert "use --password-stdin" in icefloe("people", "create", "a@x.test").mistake


class TestList:
    """`icefloe people list`."""

    def test_nobody(self, icefloe: Command) -> None:
        """Where there is nobody, it says how somebody comes in."""
        assert "shows a link for the first person" in icefloe("people", "list").out

    def test_for_people(
        self, icefloe: Command, with_password: Command, make_organization: Callable[..., str]
    ) -> None:
        """A line for each person, with the organizations."""
        one = make_organization("One", "--slug", "one")
        with_password("create", "a@x.test", "--organization", one, "--name", "Ann")
        with_password("create", "b@x.test")

        lines = icefloe("people", "list").out.splitlines()

        assert lines[0].split() == ["E-mail", "Name", "Organizations", "Added"]
        assert lines[1].split()[:4] == ["a@x.test", "Ann", "one", "(owner)"]
        assert lines[2].split()[:3] == ["b@x.test", "-", "-"]


class TestJoin:
    """`icefloe people join`."""

    def test_join(
        self, icefloe: Command, with_password: Command, make_organization: Callable[..., str]
    ) -> None:
        """A person is let in, and gets another role where it is in already."""
        one, two = make_organization("One"), make_organization("Two")
        with_password("create", "b@x.test", "--organization", one)
        with_password("create", "a@x.test", "--organization", one, "--role", "member")

        icefloe("people", "join", "A@x.test", "--organization", one, "--organization", two)

        found = icefloe("people", "list", "--json").json[1]["organizations"]
        assert {each["id"]: each["role"] for each in found} == {one: "owner", two: "owner"}

    def test_mistakes(self, icefloe: Command, with_password: Command, organization: str) -> None:
        """Both have to be there, and an organization that has an owner keeps one."""
        words = ["people", "join", "a@x.test", "--organization"]
        assert "no person has the address a@x.test" in icefloe(*words, organization).mistake
        with_password("create", "a@x.test", "--organization", organization)

        assert "there is no organization" in icefloe(*words, str(uuid4())).mistake
        told = icefloe(*words, organization, "--role", "member")
        assert "needs an owner" in told.mistake


class TestRemove:
    """`icefloe people remove`."""

    def test_remove(self, icefloe: Command, with_password: Command) -> None:
        """Who is removed cannot sign in any more."""
        with_password("create", "a@x.test")

        assert icefloe("people", "remove", "A@x.test").out == "A@x.test is removed.\n"

        assert sign_in("a@x.test", GOOD) is None
        assert "no person has the address" in icefloe("people", "remove", "a@x.test").mistake

    def test_who_owns_alone(
        self, icefloe: Command, with_password: Command, make_organization: Callable[..., str]
    ) -> None:
        """Who alone owns what others are in stays, and it says where."""
        one = make_organization("One", "--slug", "one")
        with_password("create", "a@x.test", "--organization", one)
        with_password("create", "b@x.test", "--organization", one, "--role", "member")

        assert "One (one) would have no owner" in icefloe("people", "remove", "a@x.test").mistake


class TestResetPassword:
    """`icefloe people reset-password`."""

    def test_reset(self, with_password: Command) -> None:
        """The person gets another password."""
        with_password("create", "a@x.test")

        told = with_password("reset-password", "a@x.test", password=OTHER)

        assert "signed out everywhere" in told.out
        assert sign_in("a@x.test", GOOD) is None
        assert sign_in("a@x.test", OTHER) is not None

    def test_mistakes(self, with_password: Command) -> None:
        """The person has to be there, and the password to be a good one."""
        assert "no person has" in with_password("reset-password", "a@x.test").mistake
        with_password("create", "a@x.test")
        assert "10 characters" in with_password("reset-password", "a@x.test", password="x").mistake  # noqa: S106
