"""Tokens: their form, who they speak for, and until when."""

import hashlib
import hmac
import re
import string
import zlib
from datetime import timedelta
from typing import Any, Never, cast
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from icefloe.domain import tokens
from icefloe.domain.organizations import Organizations
from icefloe.domain.ports.storage import Storage
from icefloe.domain.tokens import Tokens
from icefloe.domain.values import access, errors
from icefloe.domain.values.clock import Clock
from icefloe.domain.values.organizations import Organization
from support import HeldTime, run

SECRET = b"a secret of the tests"
READ = ["customers:read"]
BASE_62 = string.digits + string.ascii_uppercase + string.ascii_lowercase


class _ForbiddenStorage:
    def __getattr__(self, name: str) -> Never:
        pytest.fail(f"the storage was asked: {name}")


@pytest.fixture
def forbidden() -> Storage:
    """A storage that fails the test when it is asked anything."""
    return cast("Storage", _ForbiddenStorage())


@pytest.fixture
def service(store: Storage, time: HeldTime) -> Tokens:
    """The rules, on an empty storage."""
    return Tokens(store, time.clock, SECRET)


@pytest.fixture
def organization(store: Storage, time: HeldTime) -> Organization:
    """An organization to make tokens for."""
    return run(Organizations(store, time.clock).create("Tests"))


class TestForm:
    """What a token looks like."""

    def test_format(self, store: Storage, time: HeldTime, organization: Organization) -> None:
        """A prefix, 37 letters and digits that cannot be guessed, and six digits of their CRC-32."""
        drawn = iter(range(1000))
        clock = Clock(time.clock.now, time.new_id, lambda bound: next(drawn) % bound)

        _, shown = run(Tokens(store, clock, SECRET).create(organization.id, "t", READ))

        assert re.fullmatch(r"polar_oat_[A-Za-z0-9]{37}[0-9A-Za-z]{6}", shown)
        assert len(shown) == 53
        assert shown[10:47] == string.ascii_letters[:37]
        digits = 0
        for character in shown[47:]:
            digits = digits * 62 + BASE_62.index(character)
        assert digits == zlib.crc32(shown[10:47].encode())
        assert next(drawn) == 37

    def test_known_checksum(self) -> None:
        """The checksum is the CRC-32 of the random part alone, in base 62 with zeros before it."""
        assert tokens.checksum("") == "000000"
        assert tokens.checksum("123456789") == "3jZRME"

    @given(st.text(string.ascii_letters + string.digits, min_size=37, max_size=37))
    def test_well_formed(self, random_part: str) -> None:
        """Prefix, random part and its checksum make a token; any other last character does not."""
        token = tokens.PREFIX + random_part + tokens.checksum(random_part)

        assert tokens.is_well_formed(token)
        for other in BASE_62:
            assert tokens.is_well_formed(token[:-1] + other) == (other == token[-1])

    @given(st.text(max_size=60) | st.text(string.ascii_letters, min_size=43, max_size=43))
    def test_anything_else(self, text: str) -> None:
        """Text that was not made to be a token is none."""
        assert not tokens.is_well_formed(text)
        assert not tokens.is_well_formed(tokens.PREFIX + text)

    def test_kept_as_a_keyed_hash(
        self, service: Tokens, organization: Organization, tmp_path: Any
    ) -> None:
        """What is kept is HMAC-SHA-256 under the secret; the token is in no file."""
        token, shown = run(service.create(organization.id, "t", READ))

        expected = hmac.new(SECRET, shown.encode(), hashlib.sha256).hexdigest()
        assert token.token_hash == expected
        assert shown not in repr(token)
        for file in tmp_path.iterdir():
            assert shown.encode() not in file.read_bytes()


class TestCreate:
    """Making one."""

    def test_create(self, service: Tokens, organization: Organization, time: HeldTime) -> None:
        """A token has a name, its scopes in the order given and each once, and the present moment."""
        token, _ = run(
            service.create(organization.id, "  mine ", ["members:read", *READ, "members:read"])
        )

        assert token.name == "mine"
        assert token.scopes == ("members:read", "customers:read")
        assert token.organization_id == organization.id
        assert token.created_at == time.now
        assert token.expires_at is token.last_used_at is token.revoked_at is None
        assert run(service.find_all(organization.id)) == [token]

    def test_every_scope(self, service: Tokens, organization: Organization) -> None:
        """A token may hold all scopes that there are."""
        token, _ = run(service.create(organization.id, "t", access.SCOPES))

        assert token.scopes == access.SCOPES
        assert len(set(access.SCOPES)) == len(access.SCOPES)

    @pytest.mark.parametrize(
        "scopes",
        [[], [""], ["customers"], ["customers:read members:read"], ["CUSTOMERS:READ"],
         ["organization_access_tokens:read"], [*READ, "nope"]],
    )  # fmt: skip
    def test_not_a_scope(
        self, service: Tokens, organization: Organization, scopes: list[str]
    ) -> None:
        """A scope that there is not makes no token, and neither does none at all."""
        with pytest.raises(errors.InvalidValue, match="scope"):
            run(service.create(organization.id, "t", scopes))
        assert run(service.find_all(None)) == []

    @pytest.mark.parametrize("name", ["", " ", "a\0b"])
    def test_not_a_name(self, service: Tokens, organization: Organization, name: str) -> None:
        """A token needs a name for people."""
        with pytest.raises(errors.InvalidValue, match="needs a name"):
            run(service.create(organization.id, name, READ))

    def test_no_organization(self, service: Tokens) -> None:
        """A token speaks for an organization that there is."""
        wanted = uuid4()

        with pytest.raises(errors.OrganizationNotFound, match=str(wanted)):
            run(service.create(wanted, "t", READ))

    def test_listed(self, service: Tokens, organization: Organization, time: HeldTime) -> None:
        """Tokens are listed by age, one organization's or all, revoked ones too."""
        made = []
        for name in ("b", "a"):
            made.append(run(service.create(organization.id, name, READ))[0])
            time.pass_by(seconds=1)
        run(service.revoke(made[0].id))

        assert [one.name for one in run(service.find_all(organization.id))] == ["b", "a"]
        assert [one.name for one in run(service.find_all(None))] == ["b", "a"]
        assert [one.name for one in run(service.find_all(None, limit=1))] == ["b"]
        assert run(service.find_all(uuid4())) == []


class TestAuthenticate:
    """Whom a token speaks for."""

    @pytest.mark.parametrize(
        "token",
        [
            "",
            "x",
            "polar_oat_",
            "polar_oat_" + "a" * 43,
            "polar_pat_" + "a" * 37 + tokens.checksum("a" * 37),
            "polar_oat_" + "a" * 37 + tokens.checksum("a" * 37)[::-1],
            "polar_oat_" + "a" * 36 + tokens.checksum("a" * 36),
            "polar_oat_" + "a" * 37 + tokens.checksum("a" * 37) + "\n",
            "é" * 53,
        ],
    )
    def test_malformed(self, forbidden: Storage, token: str) -> None:
        """What is no token is refused without asking the storage."""
        service = Tokens(forbidden, Clock(), SECRET)

        with pytest.raises(errors.AuthenticationFailed):
            run(service.authenticate(token))

    def test_unknown(self, service: Tokens) -> None:
        """A token of the right form that was never made is refused."""
        part = "a" * 37

        with pytest.raises(errors.AuthenticationFailed):
            run(service.authenticate(tokens.PREFIX + part + tokens.checksum(part)))

    def test_valid(self, service: Tokens, organization: Organization) -> None:
        """A token speaks for its organization, with its scopes."""
        token, shown = run(service.create(organization.id, "t", READ))

        subject = run(service.authenticate(shown))

        assert subject == access.Subject(organization.id, token.id, frozenset(READ), None)
        assert subject.may(access.CUSTOMERS_READ)
        assert not subject.may(access.CUSTOMERS_WRITE)

    def test_another_secret(
        self, service: Tokens, store: Storage, time: HeldTime, organization: Organization
    ) -> None:
        """Under another secret no token is valid."""
        _, shown = run(service.create(organization.id, "t", READ))

        with pytest.raises(errors.AuthenticationFailed):
            run(Tokens(store, time.clock, b"another").authenticate(shown))

    def test_expiry(self, service: Tokens, organization: Organization, time: HeldTime) -> None:
        """A token is valid before the moment it expires, and not at it."""
        ends = time.now + timedelta(hours=1)
        _, shown = run(service.create(organization.id, "t", READ, expires_at=ends))

        time.now = ends - timedelta(microseconds=1)
        assert run(service.authenticate(shown)).expires_at == ends
        time.now = ends
        with pytest.raises(errors.AuthenticationFailed):
            run(service.authenticate(shown))

    def test_revoked(self, service: Tokens, organization: Organization, time: HeldTime) -> None:
        """A revoked token is refused at once, and keeps the moment it was revoked."""
        token, shown = run(service.create(organization.id, "t", READ))
        _, other = run(service.create(organization.id, "other", READ))
        time.pass_by(days=1)

        run(service.revoke(token.id))

        with pytest.raises(errors.AuthenticationFailed):
            run(service.authenticate(shown))
        assert run(service.authenticate(other)).organization_id == organization.id
        revoked = {one.name: one.revoked_at for one in run(service.find_all(None))}
        assert revoked == {"t": time.now, "other": None}

    def test_revoked_once(self, service: Tokens, organization: Organization) -> None:
        """What is not there, or revoked already, cannot be revoked."""
        token, _ = run(service.create(organization.id, "t", READ))
        run(service.revoke(token.id))

        for token_id in (token.id, uuid4()):
            with pytest.raises(errors.TokenNotFound, match=str(token_id)):
                run(service.revoke(token_id))


class TestUses:
    """When a token was last used."""

    def test_kept_together(
        self, service: Tokens, organization: Organization, time: HeldTime
    ) -> None:
        """A use costs no write; all uses are kept at once when asked for."""
        _, shown = run(service.create(organization.id, "t", READ))
        for _ in range(3):
            time.pass_by(seconds=1)
            run(service.authenticate(shown))
        assert run(service.find_all(None))[0].last_used_at is None

        run(service.store_uses())

        assert run(service.find_all(None))[0].last_used_at == time.now

    def test_nothing_to_keep(self, forbidden: Storage) -> None:
        """Without a use nothing is written."""
        run(Tokens(forbidden, Clock(), SECRET).store_uses())

    def test_never_back(
        self, service: Tokens, store: Storage, organization: Organization, time: HeldTime
    ) -> None:
        """A process that is late does not set the moment back."""
        _, shown = run(service.create(organization.id, "t", READ))
        late = Tokens(store, time.clock, SECRET)
        run(late.authenticate(shown))
        time.pass_by(minutes=1)
        run(service.authenticate(shown))
        run(service.store_uses())

        run(late.store_uses())

        assert run(service.find_all(None))[0].last_used_at == time.now

    def test_refused_is_not_used(
        self, service: Tokens, organization: Organization, time: HeldTime
    ) -> None:
        """A token that is refused was not used."""
        _, shown = run(service.create(organization.id, "t", READ, expires_at=time.now))
        with pytest.raises(errors.AuthenticationFailed):
            run(service.authenticate(shown))

        run(service.store_uses())

        assert run(service.find_all(None))[0].last_used_at is None


class TestUpdate:
    """Other names and scopes."""

    def test_update(self, service: Tokens, organization: Organization) -> None:
        """A token gets another name or other scopes, which count at once."""
        token, shown = run(service.create(organization.id, "t", READ))
        run(service.authenticate(shown))

        renamed = run(service.update(organization.id, token.id, name=" mine "))
        assert (renamed.name, renamed.scopes) == ("mine", token.scopes)
        changed = run(
            service.update(organization.id, token.id, scopes=["members:read", "members:read"])
        )
        assert (changed.name, changed.scopes) == ("mine", ("members:read",))

        assert run(service.get(organization.id, token.id)) == changed
        assert run(service.authenticate(shown)).scopes == {"members:read"}

    def test_refused(self, service: Tokens, organization: Organization) -> None:
        """What may not be made may not come of a change either."""
        token, _ = run(service.create(organization.id, "t", READ))

        changes: list[dict[str, Any]] = [{"name": " "}, {"scopes": []}, {"scopes": ["nope"]}]
        for change in changes:
            with pytest.raises(errors.InvalidValue):
                run(service.update(organization.id, token.id, **change))
        assert run(service.get(organization.id, token.id)) == token

    def test_not_there(self, service: Tokens, organization: Organization) -> None:
        """A token is found and changed in its own organization, and not once it is revoked."""
        token, shown = run(service.create(organization.id, "t", READ))

        for organization_id, token_id in ((uuid4(), token.id), (organization.id, uuid4())):
            with pytest.raises(errors.TokenNotFound):
                run(service.get(organization_id, token_id))
            with pytest.raises(errors.TokenNotFound):
                run(service.update(organization_id, token_id, name="x"))
            with pytest.raises(errors.TokenNotFound):
                run(service.revoke(token_id, organization_id=organization_id))
        assert run(service.authenticate(shown)).token_id == token.id

        run(service.revoke(token.id, organization_id=organization.id))
        with pytest.raises(errors.TokenNotFound, match="not revoked"):
            run(service.update(organization.id, token.id, name="x"))
        assert run(service.get(organization.id, token.id)).revoked_at is not None
