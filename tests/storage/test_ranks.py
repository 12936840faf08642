"""Ranks against a plain sorted list: whatever changes, each page is entered where it begins."""

import bisect
from dataclasses import replace
from random import Random

import pytest

from icefloe.storage.lists import ranks
from icefloe.storage.lists.change_log import Change, Disagrees
from icefloe.storage.lists.facets import Facets
from icefloe.storage.lists.filters import Activity, Filter, Note
from icefloe.storage.lists.ranks import IndexKey, Ranks

NAMES = ("name_key", "created_at", "sequence")
EVERYBODY = Filter()
GOLD = Filter(traits=(Activity(is_active=True), Note("plan", ("gold",))))
SIZES = [1, 2, 3, 7]


def facets_of(source: Random, sequence: int) -> Facets:
    """A customer whose place is near, or but for the sequence equal to, those of many others."""
    return Facets(
        sequence=sequence,
        created_at=source.randrange(4),
        email_key=b"",
        name_key=bytes([source.choice([1, 2, 3, 255])]),
        is_active=source.random() < 0.8,
        texts=(None, None, None, None),
        metadata={"plan": source.choice(["gold", "silver"])},
    )


def place_of(facets: Facets) -> IndexKey:
    """Where a customer stands."""
    return facets.name_key, facets.created_at, facets.sequence


class Model:
    """A list as it is, and its ranks, which see nothing of it but its changes."""

    def __init__(self, source: Random, size: int, wanted: Filter, customers: int) -> None:
        self.source = source
        self.wanted = wanted
        self.customers = [facets_of(source, number) for number in range(customers)]
        self.made = customers
        found = self.places
        self.ranks = Ranks(NAMES, size, found[::size], len(found))

    @property
    def places(self) -> list[IndexKey]:
        """The places of all whom the list finds, in order."""
        return sorted(place_of(one) for one in self.customers if self.wanted.finds(one))

    def change(self, *, growth: float) -> None:
        """Add, remove or change a customer."""
        before = after = None
        if not self.customers or self.source.random() < growth:
            after = facets_of(self.source, self.made)
            self.made += 1
        else:
            before = self.customers.pop(self.source.randrange(len(self.customers)))
            if self.source.random() < 0.5:
                after = facets_of(self.source, before.sequence)
        if after is not None:
            self.customers.append(after)
        self.ranks.apply(Change(before, after), self.wanted)

    def split(self) -> None:
        """Split a bucket that has grown too large, by what is in the list."""
        for bucket in range(self.ranks.weight):
            if self.ranks.is_large(bucket):
                first, behind = self.ranks.bounds_of(bucket)
                within = [
                    place
                    for place in self.places
                    if place >= first and (behind is None or place < behind)
                ]
                size = self.ranks.size
                self.ranks.split(bucket, [first, *within[size::size]])
                return

    def walk(self, offset: int, limit: int, *, descending: bool) -> list[IndexKey]:
        """A page as it is found from where the ranks enter it."""
        entrance = self.ranks.find_seek_point(offset, descending=descending)
        places = self.places
        if not descending:
            assert entrance.bound is not None
            first = bisect.bisect_left(places, entrance.bound) + entrance.skip
            return places[first : first + limit]
        end = len(places) if entrance.bound is None else bisect.bisect_left(places, entrance.bound)
        return places[:end][::-1][entrance.skip : entrance.skip + limit]

    def check(self) -> None:
        """See that every page is found, from both ends."""
        places = self.places
        assert self.ranks.total == len(places)
        for descending in (False, True):
            ordered = places[::-1] if descending else places
            for offset in range(len(places)):
                expected = ordered[offset : offset + 3]
                if self.ranks.is_exact:
                    found = self.ranks.find_sequences(offset, 3, descending=descending)
                    assert found == [place[-1] for place in expected]
                else:
                    assert self.walk(offset, 3, descending=descending) == expected
        for beyond in (len(places), len(places) + 2, 2**62):
            for descending in (False, True):
                if self.ranks.is_exact:
                    assert self.ranks.find_sequences(beyond, 3, descending=descending) == []


@pytest.mark.parametrize("wanted", [EVERYBODY, GOLD], ids=["everybody", "some"])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("customers", [0, 1, 30])
def test_changes(customers: int, size: int, wanted: Filter) -> None:
    """After any changes every page is where the ranks say, while the list grows, shrinks and goes."""
    for seed in range(3):
        model = Model(Random(seed), size, wanted, customers)  # noqa: S311 - the same each time
        model.check()
        for growth in (0.8, 0.5, 0.1):
            for _ in range(25):
                model.change(growth=growth)
            model.check()
        while model.customers:
            model.change(growth=0)
        model.check()
        assert model.ranks.weight == 0
        for _ in range(10):
            model.change(growth=1)
        model.check()


@pytest.mark.parametrize("size", SIZES[1:])
def test_splits(size: int) -> None:
    """A bucket that has grown is split anywhere, also where its first customer is gone."""
    for seed in range(5):
        model = Model(Random(seed), size, GOLD, 20)  # noqa: S311 - the same each time
        for _ in range(40):
            for _ in range(4):
                model.change(growth=0.6)
            model.split()
            model.check()
        while any(map(model.ranks.is_large, range(model.ranks.weight))):
            model.split()
        model.check()
        assert model.ranks.weight >= model.ranks.total / (2 * size)


def test_a_customer_who_stays_in_place() -> None:
    """A change that moves nobody leaves the ranks as they are."""
    model = Model(Random(1), 2, EVERYBODY, 9)  # noqa: S311 - the same each time
    one = model.customers[4]

    model.ranks.apply(Change(one, one), EVERYBODY)
    model.ranks.apply(Change(None, None), EVERYBODY)

    model.check()


def test_worn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ranks that have taken in a lot are to be made anew."""
    monkeypatch.setattr(ranks, "MAX_EXACT", 4)
    model = Model(Random(1), 1, EVERYBODY, 8)  # noqa: S311 - the same each time
    assert not model.ranks.is_outgrown

    model.change(growth=1)

    assert model.ranks.is_outgrown


def test_size_of_buckets() -> None:
    """Up to a number each customer has its own place; a long list has about as many buckets."""
    assert [ranks.bucket_size(total) for total in (0, 1, 4096, 4097)] == [1, 1, 1, 5]
    for total in (5_000, 99_999, 1_000_000):
        assert 500 < total / ranks.bucket_size(total) <= 1024


class TestDisagreement:
    """Changes that cannot be of the list that the ranks are of."""

    @pytest.mark.parametrize("size", [1, 3])
    @pytest.mark.parametrize("at", ["before", "between", "behind"])
    def test_who_is_not_there(self, size: int, at: str) -> None:
        """Who leaves without having been there takes no neighbour along, where that can be known."""
        model = Model(Random(1), size, EVERYBODY, 9)  # noqa: S311 - the same each time
        places = {
            "before": (b"", 0),
            "between": (model.places[4][0], -1),
            "behind": (b"\xff\xff", 9),
        }
        name_key, created_at = places[at]
        stranger = replace(
            model.customers[0], name_key=name_key, created_at=created_at, sequence=99
        )
        if size > 1 and at != "before":
            # Buckets know how many they have, and not whom.
            model.ranks.apply(Change(stranger, None), EVERYBODY)
            assert model.ranks.total == 8
            return

        with pytest.raises(Disagrees):
            model.ranks.apply(Change(stranger, None), EVERYBODY)

    def test_who_is_there_already(self) -> None:
        """Who comes, and has a place, disagrees with it."""
        model = Model(Random(1), 1, EVERYBODY, 9)  # noqa: S311 - the same each time

        with pytest.raises(Disagrees):
            model.ranks.apply(Change(None, model.customers[3]), EVERYBODY)

    def test_a_bucket_of_another_size(self) -> None:
        """A bucket that has fewer customers than were counted is not split."""
        model = Model(Random(1), 3, EVERYBODY, 9)  # noqa: S311 - the same each time
        first, _ = model.ranks.bounds_of(1)

        with pytest.raises(Disagrees):
            model.ranks.split(1, [first, first])
