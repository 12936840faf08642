"""Organizations: their names, slugs and ids."""

from uuid import UUID, uuid4

import pytest

from icefloe.domain.organizations import Organizations
from icefloe.domain.ports.storage import Storage
from icefloe.domain.values import errors
from icefloe.domain.values.organizations import Organization
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
