"""`icefloe tokens`: make, list and revoke them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from icefloe.assembly import open_services
from icefloe.settings import load
from support import Command, run

READ = ("--scope", "customers:read")


@pytest.fixture
def create(organization: str) -> list[str]:
    """The words that make a token for an organization, but for its scopes."""
    return ["tokens", "create", "--organization", organization, "--name", "mine"]


class TestCreate:
    """`icefloe tokens create`."""

    def test_for_people(self, icefloe: Command, create: list[str], tmp_path: Path) -> None:
        """The token alone is written out, so that a shell can take it; it is nowhere kept."""
        told = icefloe(*create, *READ)

        token = told.out.strip()
        assert (token[:10], len(token)) == ("polar_oat_", 53)
        assert "not shown again" in told.err
        assert token not in told.err
        for file in tmp_path.rglob("*"):
            assert file.is_dir() or token.encode() not in file.read_bytes()

    def test_for_programs(self, icefloe: Command, create: list[str], organization: str) -> None:
        """The same as JSON, with what is known of the token and never its hash."""
        made = icefloe(*create, *READ, "--scope", "members:read", "--json").json

        assert list(made) == [
            "id", "organization_id", "name", "scopes", "created_at", "expires_at", "last_used_at",
            "revoked_at", "token",
        ]  # fmt: skip
        assert (made["organization_id"], made["name"]) == (organization, "mine")
        assert made["scopes"] == ["customers:read", "members:read"]
        assert made["expires_at"] is None

    @pytest.mark.parametrize(
        ("span", "expected"),
        [
            ("30d", timedelta(days=30)),
            ("12h", timedelta(hours=12)),
            ("90m", timedelta(minutes=90)),
            ("2w", timedelta(weeks=2)),
            ("5s", timedelta(seconds=5)),
        ],
    )
    def test_expires_in(
        self, icefloe: Command, create: list[str], span: str, expected: timedelta
    ) -> None:
        """A token can be valid for a time from now."""
        before = datetime.now(UTC)
        made = icefloe(*create, *READ, "--expires-in", span, "--json").json
        after = datetime.now(UTC)

        expires_at = datetime.fromisoformat(made["expires_at"])
        assert before + expected <= expires_at <= after + expected

    @pytest.mark.parametrize(
        ("text", "shown"),
        [
            ("2027-01-31T12:00:00Z", "2027-01-31 12:00:00+00:00"),
            ("2027-01-31T12:00:00+02:00", "2027-01-31 10:00:00+00:00"),
            ("2027-01-31T12:00", "2027-01-31 12:00:00+00:00"),
            ("2027-01-31", "2027-01-31 00:00:00+00:00"),
        ],
    )
    def test_expires_at(self, icefloe: Command, create: list[str], text: str, shown: str) -> None:
        """A token can be valid until a moment; without an offset it is in UTC."""
        assert icefloe(*create, *READ, "--expires-at", text, "--json").json["expires_at"] == shown

    @pytest.mark.parametrize(
        ("words", "mistake"),
        [
            ([], "Missing option '--scope'"),
            (["--scope", "customers"], "'customers' is not a scope"),
            ([*READ, "--name", " "], "a token needs a name"),
            ([*READ, "--expires-in", "soon"], "'soon' is not a time span such as 30d"),
            ([*READ, "--expires-in", "-1d"], "'-1d' is not a time span"),
            ([*READ, "--expires-in", "99999999999999d"], "is not a time span"),
            ([*READ, "--expires-in", "3000000d"], "is not a time span"),
            ([*READ, "--expires-in", "999999999d"], "is not a time span"),
            ([*READ, "--expires-at", "tomorrow"], "'tomorrow' is not a moment"),
            ([*READ, "--expires-at", "0001-01-01T00:00+14:00"], "is not a moment"),
            ([*READ, "--expires-at", "9999-12-31T23:59-14:00"], "is not a moment"),
            ([*READ, "--expires-in", "1d", "--expires-at", "2027-01-31"], "not both"),
            ([*READ, "--organization", "abc"], "organization 'abc' is not a UUID"),
            ([*READ, "--organization", str(uuid4())], "there is no organization"),
        ],
    )
    def test_mistakes(
        self, icefloe: Command, create: list[str], words: list[str], mistake: str
    ) -> None:
        """A user's mistake is one line, and no token is made."""
        assert mistake in icefloe(*create, *words).mistake
        assert icefloe("tokens", "list", "--json").json == []


class TestList:
    """`icefloe tokens list`."""

    def test_none(self, icefloe: Command) -> None:
        """Where there is none, the command to make one is told."""
        assert "icefloe tokens create" in icefloe("tokens", "list").out

    def test_states(self, icefloe: Command, create: list[str]) -> None:
        """What is known of each is listed, whether it is valid too, and never the token."""
        shown = [
            icefloe(*create, *READ, *flags, "--json").json
            for flags in ([], ["--expires-at", "2020-01-01"], [])
        ]
        icefloe("tokens", "revoke", shown[2]["id"])

        told = icefloe("tokens", "list")
        head, *lines = told.out.splitlines()
        assert head.split() == ["ID", "Name", "Scopes", "Expires", "Last", "used", "State"]
        assert [line.split()[-1] for line in lines] == ["valid", "expired", "revoked"]
        listed = icefloe("tokens", "list", "--json")
        assert [one["id"] for one in listed.json] == [one["id"] for one in shown]
        for one in shown:
            assert one["token"] not in told.out + listed.out
        assert "hash" not in listed.out

    def test_of_one_organization(
        self, icefloe: Command, create: list[str], organization: str
    ) -> None:
        """One organization's alone can be asked for."""
        icefloe(*create, *READ)

        mine = icefloe("tokens", "list", "--organization", organization, "--json").json
        other = icefloe("tokens", "list", "--organization", str(uuid4()), "--json").json
        assert (len(mine), other) == (1, [])
        assert "not a UUID" in icefloe("tokens", "list", "--organization", "x").mistake


class TestRevoke:
    """`icefloe tokens revoke`."""

    def test_revoke(self, icefloe: Command, create: list[str]) -> None:
        """A token is revoked once; the second time there is none to revoke."""
        token_id = icefloe(*create, *READ, "--json").json["id"]

        assert icefloe("tokens", "revoke", token_id).out == f"Token {token_id} is revoked.\n"
        assert token_id in icefloe("tokens", "revoke", token_id).mistake
        assert icefloe("tokens", "list", "--json").json[0]["revoked_at"] is not None

    @pytest.mark.parametrize("token_id", ["abc", "3b0c2a1e-5d1f-4c61-9e0a-7d6f0a54c1b2"])
    def test_no_such_token(self, icefloe: Command, token_id: str) -> None:
        """A token that there is not cannot be revoked."""
        assert token_id in icefloe("tokens", "revoke", token_id).mistake


class TestSecret:
    """The key under which tokens are hashed."""

    def test_kept_beside_the_database(
        self, icefloe: Command, create: list[str], tmp_path: Path
    ) -> None:
        """It is made once, for its owner's eyes only, and stays."""
        icefloe(*create, *READ)
        file = tmp_path / "icefloe.db.secret"
        first = file.read_bytes()
        icefloe(*create, *READ)

        assert file.stat().st_mode & 0o777 == 0o600
        assert file.read_bytes() == first
        assert len(bytes.fromhex(first.decode())) == 32
        assert not list(tmp_path.glob("tmp*"))

    @pytest.mark.parametrize("content", [b"", b"\n", b"\xff\xfe"])
    def test_damaged(
        self, icefloe: Command, create: list[str], tmp_path: Path, content: bytes
    ) -> None:
        """One that cannot be used is told with what to do, and is not written over."""
        file = tmp_path / "icefloe.db.secret"
        file.write_bytes(content)

        assert "ICEFLOE_SECRET" in icefloe(*create, *READ).mistake
        assert file.read_bytes() == content

    def test_moved_to_a_variable(
        self,
        icefloe: Command,
        create: list[str],
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """The kept one, given as a variable instead, knows the same tokens."""
        token = icefloe(*create, *READ).out.strip()
        file = tmp_path / "icefloe.db.secret"
        monkeypatch.setenv("ICEFLOE_SECRET", file.read_text().strip())
        file.unlink()

        services = run(open_services(load({}).settings))
        subject = run(services.tokens.authenticate(token))
        run(services.stop())

        assert str(subject.organization_id) in create
        assert not file.exists()

    def test_set(
        self,
        icefloe: Command,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """One that is set is used, and none is kept."""
        monkeypatch.setenv("ICEFLOE_SECRET", "a secret of the test, long enough")

        assert icefloe("organizations", "create", "A").status == 0
        assert not (tmp_path / "icefloe.db.secret").exists()
