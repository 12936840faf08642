"""Organizations: their names, slugs and ids, and what they change about themselves."""

import json
from typing import Any
from uuid import UUID, uuid4

import pytest

from icefloe.domain.organizations import Organizations
from icefloe.domain.ports.storage import Storage
from icefloe.domain.values import errors
from icefloe.domain.values.access import Subject
from icefloe.domain.values.organizations import (
    DEFAULT_PROFILE,
    Organization,
    OrganizationChange,
    OrganizationQuery,
)
from support import HeldTime, run


@pytest.fixture
def organizations(store: Storage, time: HeldTime) -> Organizations:
    """The rules, on an empty storage."""
    return Organizations(store, time.clock)


def test_create(organizations: Organizations, time: HeldTime) -> None:
    """A new organization has the next id, the present moment, and a slug that says its name."""
    made = run(organizations.create("  Ärctic Fish & Co. "))

    assert made == Organization(
        id=UUID("00000000-0000-4000-8000-000000000000"),
        name="Ärctic Fish & Co.",
        slug="arctic-fish-co-00000000",
        created_at=time.now,
    )
    assert run(organizations.get(made.id)) == made


@pytest.mark.parametrize("name", ["中文", "🚢", "---"])
def test_a_name_without_letters_for_a_slug(organizations: Organizations, name: str) -> None:
    """A name of other scripts makes a slug all the same."""
    assert run(organizations.create(name)).slug == "00000000"


def test_long_names_make_short_slugs(organizations: Organizations) -> None:
    """Of a long name a slug has the first six words."""
    made = run(organizations.create("a b c d e f g h"))

    assert made.slug == "a-b-c-d-e-f-00000000"


@pytest.mark.parametrize("name", ["", "  ", "\n", "x" * 257, "a\0b"])
def test_not_a_name(organizations: Organizations, name: str) -> None:
    """A name has one to 256 characters and no NUL."""
    with pytest.raises(errors.InvalidValue, match="1 to 256 characters"):
        run(organizations.create(name))


@pytest.mark.parametrize("slug", ["", "A", "a b", "a--b", "-a", "a-", "é", "a_b", "a\n", "a/b"])
def test_not_a_slug(organizations: Organizations, slug: str) -> None:
    """A slug is lower-case letters and digits, joined by single hyphens."""
    with pytest.raises(errors.InvalidValue, match="is not a slug"):
        run(organizations.create("x", slug=slug))


def test_given_id_and_slug(organizations: Organizations) -> None:
    """An id and a slug that are given are kept as they are."""
    wanted = uuid4()

    made = run(organizations.create("X", organization_id=wanted, slug="a1-b2"))

    assert (made.id, made.slug) == (wanted, "a1-b2")


def test_taken_id_and_slug(organizations: Organizations) -> None:
    """An id or a slug is one organization's alone, and which is taken is told."""
    first = run(organizations.create("X", slug="taken"))

    with pytest.raises(errors.Duplicate) as slug_taken:
        run(organizations.create("Y", slug="taken"))
    with pytest.raises(errors.Duplicate) as id_taken:
        run(organizations.create("Y", organization_id=first.id, slug="free"))

    assert (slug_taken.value.field, id_taken.value.field) == ("slug", "id")
    assert run(organizations.find_all()) == [first]


def test_names_may_be_the_same(organizations: Organizations) -> None:
    """Two organizations may have one name, and get slugs of their own."""
    names = ["Same", "Same"]
    # The held ids begin alike; the slugs are told apart by the ids' beginnings.
    made = [run(organizations.create(name, organization_id=uuid4())) for name in names]

    assert made[0].slug != made[1].slug


def test_oldest_first(organizations: Organizations, time: HeldTime) -> None:
    """They are listed by age, as many as are asked for."""
    made = []
    for name in ("b", "c", "a"):
        made.append(run(organizations.create(name, slug=name)))
        time.pass_by(seconds=1)

    assert run(organizations.find_all()) == made
    assert run(organizations.find_all(limit=2)) == made[:2]


def test_not_there(organizations: Organizations) -> None:
    """An id that nobody has is told to be nobody's."""
    wanted = uuid4()

    with pytest.raises(errors.OrganizationNotFound, match=str(wanted)):
        run(organizations.get(wanted))


@pytest.mark.parametrize("slug", ["account", "sign-in", "static", "organizations"])
def test_a_slug_of_the_dashboard(organizations: Organizations, slug: str) -> None:
    """What stands in a slug's place in the dashboard's addresses is no organization's."""
    with pytest.raises(errors.InvalidValue, match="use another slug"):
        run(organizations.create("x", slug=slug))


def test_by_slug(organizations: Organizations) -> None:
    """An organization is found by its slug, and by no other."""
    made = run(organizations.create("X", slug="x-1"))

    assert run(organizations.get_by_slug("x-1")) == made
    for slug in ("x", "X-1", "", "a\0b", "\ud800"):
        with pytest.raises(errors.OrganizationNotFound):
            run(organizations.get_by_slug(slug))


def test_update(organizations: Organizations) -> None:
    """A name and a slug can be changed, together or alone."""
    made = run(organizations.create("X", slug="x"))

    changed = run(organizations.update(made.id, name=" Y "))
    assert (changed.name, changed.slug) == ("Y", "x")
    changed = run(organizations.update(made.id, slug="z"))
    assert (changed.name, changed.slug) == ("Y", "z")
    assert run(organizations.update(made.id)) == changed

    assert run(organizations.get(made.id)) == changed
    assert (changed.id, changed.created_at) == (made.id, made.created_at)


def test_update_is_a_change(organizations: Organizations, time: HeldTime) -> None:
    """Another name or slug moves the moment of the last change; the same ones do not."""
    made = run(organizations.create("X", slug="x"))
    assert made.modified_at is None
    time.pass_by(seconds=1)

    assert run(organizations.update(made.id, name="X", slug="x")) == made
    changed = run(organizations.update(made.id, name="Y"))
    assert changed.modified_at == time.now


def test_update_refused(organizations: Organizations) -> None:
    """What may not be made may not come of a change either."""
    made = run(organizations.create("X", slug="x", organization_id=uuid4()))
    run(organizations.create("Y", slug="y", organization_id=uuid4()))

    for name, slug in ((" ", None), (None, "A"), (None, ""), (None, "account")):
        with pytest.raises(errors.InvalidValue):
            run(organizations.update(made.id, name=name, slug=slug))
    with pytest.raises(errors.Duplicate) as refused:
        run(organizations.update(made.id, slug="y"))
    assert refused.value.field == "slug"
    with pytest.raises(errors.OrganizationNotFound):
        run(organizations.update(uuid4(), name="x"))
    assert run(organizations.get(made.id)) == made


def subject_of(organization: Organization) -> Subject:
    """Who speaks for an organization."""
    return Subject(organization.id, uuid4(), frozenset())


class TestOfItself:
    """What an organization sees and changes of itself."""

    @pytest.fixture
    def made(self, organizations: Organizations, time: HeldTime) -> Organization:
        """An organization, made a second ago, beside another."""
        run(organizations.create("Other", slug="other", organization_id=uuid4()))
        made = run(organizations.create("X", slug="x", organization_id=uuid4()))
        time.pass_by(seconds=1)
        return made

    def change(
        self, organizations: Organizations, made: Organization, **values: Any
    ) -> dict[str, Any]:
        """The organization's document after a change of itself."""
        change = OrganizationChange(**values)
        document: dict[str, Any] = json.loads(
            run(organizations.change(subject_of(made), made.id, change))
        )
        return document

    def test_not_its_own(self, organizations: Organizations, made: Organization) -> None:
        """Another organization is neither found nor changed, nor is one that has been removed."""
        stranger = Subject(uuid4(), uuid4(), frozenset())

        for subject in (stranger, Subject(made.id, uuid4(), frozenset())):
            wanted = made.id if subject is stranger else uuid4()
            with pytest.raises(errors.NotFound, match="Not found"):
                run(organizations.get_document(subject, wanted))
            with pytest.raises(errors.NotFound, match="Not found"):
                run(organizations.change(subject, wanted, OrganizationChange(name="New")))
        run(organizations.remove(made.id))
        with pytest.raises(errors.NotFound, match="Not found"):
            run(organizations.get_document(subject_of(made), made.id))
        with pytest.raises(errors.NotFound, match="Not found"):
            self.change(organizations, made, name="New")
        assert run(organizations.find_page(subject_of(made), OrganizationQuery())).items == b""

    def test_profile(self, organizations: Organizations, made: Organization) -> None:
        """Only what differs from the defaults is stored; the document shows all."""
        shown = self.change(
            organizations,
            made,
            settings={"country": "FR", "default_tax_behavior": "location"},
            features={"checkout_localization_enabled": True, "member_model_enabled": True},
        )

        kept = run(organizations.get(made.id)).profile
        assert set(kept) == {"country", "feature_settings"}
        assert shown["country"] == "FR"
        assert shown["feature_settings"] == {
            **DEFAULT_PROFILE["feature_settings"],
            "checkout_localization_enabled": True,
        }
        self.change(
            organizations,
            made,
            settings={"country": None},
            features={"checkout_localization_enabled": False},
        )
        assert run(organizations.get(made.id)).profile == {}

    def test_modified(
        self, organizations: Organizations, made: Organization, time: HeldTime
    ) -> None:
        """The first change counts whatever it holds; later ones count if they change something."""
        first = self.change(organizations, made)
        assert run(organizations.get(made.id)).modified_at == time.now
        time.pass_by(seconds=1)

        assert self.change(organizations, made, settings={"email": None}) == first
        self.change(organizations, made, settings={"email": "a@example.com"})
        assert run(organizations.get(made.id)).modified_at == time.now

    @pytest.mark.parametrize(
        ("values", "refused"),
        [
            ({"enforces_single_sign_on": True}, errors.NotPermitted),
            ({"accepts_disputes_below": 1}, errors.DisputeAutoAcceptNotEnabled),
            ({"features": {"seat_based_pricing_enabled": False}}, errors.RulesBroken),
            (
                {"settings": {"subscription_settings": {"proration_behavior": "reset"}}},
                errors.RulesBroken,
            ),
        ],
    )
    def test_refused(
        self,
        organizations: Organizations,
        made: Organization,
        values: dict[str, Any],
        refused: type[Exception],
    ) -> None:
        """What breaks a rule changes nothing, whatever else is asked for."""
        with pytest.raises(refused):
            self.change(organizations, made, name="New", **values)

        assert run(organizations.get(made.id)) == made

    def test_account(self, made: Organization) -> None:
        """The account's identifier follows from the organization's, and is of version 4."""
        assert (
            made.account_id
            == Organization(id=made.id, name="Y", slug="y", created_at=made.created_at).account_id
        )
        assert (made.account_id.version, made.account_id == made.id) == (4, False)
