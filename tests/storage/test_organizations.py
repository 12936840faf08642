"""What every engine promises of organizations and of tokens."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from icefloe.domain.ports.storage import Storage
from icefloe.domain.values import errors
from icefloe.domain.values.access import Subject
from icefloe.domain.values.organizations import Organization
from icefloe.domain.values.tokens import Token
from support import run

NOW = datetime(2026, 5, 1, 12, 0, 0, 123456, tzinfo=UTC)


def organization(number: int) -> Organization:
    """An organization told apart by its number."""
    return Organization(
        id=uuid4(),
        name="Same",
        slug=f"s{number}",
        created_at=NOW + timedelta(seconds=number),
        modified_at=NOW + timedelta(days=number) if number else None,
        profile={"country": "FR"} if number else {},
    )


class TestOrganizations:
    """Organizations."""

    def test_kept(self, store: Storage) -> None:
        """They come back as they were kept, oldest first."""
        made = [organization(number) for number in (2, 0, 1)]
        for one in made:
            run(store.write(lambda tables, one=one: tables.organizations.add(one)))  # type: ignore[misc]

        found = run(store.read(lambda tables: tables.organizations.find_all(2)))
        assert found == [made[1], made[2]]
        by_id = run(store.read(lambda tables: tables.organizations.find(made[0].id)))
        assert by_id == made[0]
        assert run(store.read(lambda tables: tables.organizations.find(uuid4()))) is None

    def test_replaced(self, store: Storage) -> None:
        """All but the creation is replaced, whatever text is in the settings."""
        made, other = organization(0), organization(1)
        for one in (made, other):
            run(store.write(lambda tables, one=one: tables.organizations.add(one)))  # type: ignore[misc]
        changed = replace(
            made,
            name="Ärctic \N{SNOWMAN}",
            slug="other-slug",
            modified_at=NOW + timedelta(days=1),
            profile={
                "socials": [{"url": "\0 \N{SNOWMAN} 'quoted' \\"}],
                "number": 10**30,
                "no": None,
            },
        )

        run(store.write(lambda tables: tables.organizations.replace(changed)))

        assert run(store.read(lambda tables: tables.organizations.find(made.id))) == changed
        assert run(store.read(lambda tables: tables.organizations.find(other.id))) == other

    @pytest.mark.parametrize("field", ["id", "slug"])
    def test_duplicates(self, store: Storage, field: str) -> None:
        """An id or a slug that is taken is named."""
        first, second = organization(1), organization(2)
        second = replace(second, **{field: getattr(first, field)})
        run(store.write(lambda tables: tables.organizations.add(first)))

        with pytest.raises(errors.Duplicate) as refused:
            run(store.write(lambda tables: tables.organizations.add(second)))

        assert refused.value.field == field
        found = run(store.read(lambda tables: tables.organizations.find_all(9)))
        assert found == [first]


class TestTokens:
    """Tokens."""

    @pytest.fixture
    def token(self, store: Storage, organization_id: UUID) -> Token:
        """A token that is kept, with all there is to know of one."""
        made = Token(
            id=uuid4(),
            organization_id=organization_id,
            name="Ünï",
            scopes=("customers:write", "members:read"),
            token_hash="0" * 64,
            created_at=NOW,
            expires_at=NOW + timedelta(days=1),
        )
        run(store.write(lambda tables: tables.tokens.add(made)))
        return made

    def find(self, store: Storage) -> Token:
        """The only token there is."""
        (found,) = run(store.read(lambda tables: tables.tokens.find_all(None, 9)))
        return found

    def test_kept(self, store: Storage, token: Token) -> None:
        """A token comes back as it was kept."""
        assert self.find(store) == token

    def test_subject(self, store: Storage, token: Token) -> None:
        """A hash leads to whom the token speaks for; an unknown one to nobody."""
        found = [
            run(
                store.read(lambda tables, digit=digit: tables.tokens.find_subject(digit * 64))  # type: ignore[misc]
            )
            for digit in "01"
        ]

        assert found == [
            Subject(token.organization_id, token.id, frozenset(token.scopes), token.expires_at),
            None,
        ]

    def test_revoked(self, store: Storage, token: Token) -> None:
        """A token is revoked once, and leads to nobody from then on."""
        for now, revoked in ((NOW, True), (NOW + timedelta(1), False)):
            told = run(
                store.write(lambda tables, now=now: tables.tokens.revoke(token.id, now))  # type: ignore[misc]
            )
            assert told is revoked

        assert self.find(store) == replace(token, revoked_at=NOW)
        assert run(store.read(lambda tables: tables.tokens.find_subject("0" * 64))) is None
        assert not run(store.write(lambda tables: tables.tokens.revoke(uuid4(), NOW)))

    def test_used(self, store: Storage, token: Token) -> None:
        """The last use is kept; an earlier moment never replaces a later one."""
        for seconds, kept in ((5, 5), (3, 5), (9, 9)):
            uses = {token.id: NOW + timedelta(seconds=seconds), uuid4(): NOW}
            run(store.write(lambda tables, uses=uses: tables.tokens.note_use(uses)))  # type: ignore[misc]

            assert self.find(store).last_used_at == NOW + timedelta(seconds=kept)
