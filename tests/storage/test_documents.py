"""A customer's wire document: which keys, in which order, in which spelling."""

import hashlib
import json
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from icefloe.domain.values import moments
from icefloe.domain.values.addresses import Address
from icefloe.domain.values.customers import Customer
from icefloe.domain.values.tax_ids import TaxID
from icefloe.storage import documents
from support import customer_of

ORGANIZATION = UUID("1dbfc517-0bbf-4301-9ba8-555ca42b9737")
_INFINITIES = (float("inf"), float("-inf"))
KEYS = [
    "id", "created_at", "modified_at", "metadata", "external_id", "email", "email_verified", "type",
    "name", "billing_name", "billing_address", "tax_id", "locale", "organization_id",
    "default_payment_method_id", "deleted_at", "first_user_event_at", "avatar_url",
]  # fmt: skip


def render(customer: Customer, owner_email: str | None = None) -> dict[str, object]:
    """The document of a customer, read again."""
    read: dict[str, object] = json.loads(documents.render_customer(customer, owner_email))
    return read


def test_every_key() -> None:
    """All keys are there in one order, though nothing is known."""
    shown = render(customer_of(ORGANIZATION, type="team", email=None, name=None, external_id=None))

    assert list(shown) == KEYS
    missing = [name for name, value in shown.items() if value is None]
    assert missing == [
        "modified_at", "external_id", "email", "name", "billing_name", "billing_address", "tax_id",
        "locale", "default_payment_method_id", "deleted_at", "first_user_event_at", "avatar_url",
    ]  # fmt: skip
    assert shown["metadata"] == {}


def test_no_space_and_no_escape() -> None:
    """A document has no space between its tokens, and escapes only what JSON must."""
    customer = customer_of(ORGANIZATION, name='é "中" \\ / \n \x01 🧊 </script>', metadata={"a": 1})

    shown = documents.render_customer(customer, None).decode()

    assert '"name":"é \\"中\\" \\\\ / \\n \\u0001 🧊 </script>","billing_name"' in shown
    assert '"metadata":{"a":1},' in shown


@pytest.mark.parametrize(
    ("moment", "shown"),
    [
        (datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), "2026-01-02T03:04:05Z"),
        (datetime(2026, 1, 2, 3, 4, 5, 600000, tzinfo=UTC), "2026-01-02T03:04:05.600000Z"),
        (datetime(2026, 1, 2, 3, 4, 5, 7, tzinfo=UTC), "2026-01-02T03:04:05.000007Z"),
        (datetime(1, 1, 1, tzinfo=UTC), "0001-01-01T00:00:00Z"),
        (
            datetime(2026, 1, 1, 1, tzinfo=timezone(timedelta(hours=2))),
            "2025-12-31T23:00:00Z",
        ),
    ],
)
def test_moments(moment: datetime, shown: str) -> None:
    """A moment is in UTC, with six decimals or none at all."""
    assert moments.render(moment) == shown


def test_billing_name() -> None:
    """Without a billing name of its own, a customer is billed by its name."""
    named = customer_of(ORGANIZATION, name="A", billing_name=None)
    billed = customer_of(ORGANIZATION, name="A", billing_name="B")

    assert [render(one)["billing_name"] for one in (named, billed)] == ["A", "B"]
    assert render(billed)["name"] == "A"


def test_address() -> None:
    """An address has all six keys, whatever is known of it."""
    customer = customer_of(ORGANIZATION, billing_address=Address(country="FR", city="Brest"))

    assert render(customer)["billing_address"] == {
        "line1": None,
        "line2": None,
        "postal_code": None,
        "city": "Brest",
        "state": None,
        "country": "FR",
    }


def test_tax_id() -> None:
    """A tax number is a pair of value and format."""
    customer = customer_of(ORGANIZATION, tax_id=TaxID("FR61954506077", "eu_vat"))

    assert render(customer)["tax_id"] == ["FR61954506077", "eu_vat"]


@pytest.mark.parametrize(
    ("email", "owner_email", "hashed"),
    [
        ("Ann@Example.COM", "boss@example.com", "ann@example.com"),
        (None, "Boss@Example.com", "boss@example.com"),
        ("ÜNÏ@x.com", None, "ünï@x.com"),
    ],
)
def test_avatar(email: str | None, owner_email: str | None, hashed: str) -> None:
    """The picture is that of the lower-cased address, or of the owner's where there is none."""
    customer = customer_of(ORGANIZATION, type="team", email=email)

    digest = hashlib.sha256(hashed.encode()).hexdigest()
    assert render(customer, owner_email)["avatar_url"] == (
        f"https://www.gravatar.com/avatar/{digest}?d=blank"
    )


def test_metadata() -> None:
    """Metadata keeps its order and its kinds of value."""
    metadata = {"b": "5", "a": 5, "c": 5.0, "d": True, "e": 10**20, "f": 0.1}

    shown = documents.render_customer(customer_of(ORGANIZATION, metadata=metadata), None).decode()

    assert '"metadata":{"b":"5","a":5,"c":5.0,"d":true,"e":100000000000000000000,"f":0.1}' in shown


texts = st.none() | st.text(st.characters(exclude_categories=["Cs"]))


@given(
    st.tuples(texts, texts, texts, texts, texts),
    st.dictionaries(
        st.text(), st.text() | st.booleans() | st.integers() | st.floats(allow_nan=False)
    ),
)
def test_is_what_an_encoder_writes(
    given_texts: tuple[str | None, ...], metadata: dict[str, str | float]
) -> None:
    """Whatever the values are, the document is JSON as Python's own encoder has it."""
    name, locale, external_id, city, billing_name = given_texts
    metadata = {key: value for key, value in metadata.items() if value not in _INFINITIES}
    customer = customer_of(
        ORGANIZATION,
        name=name,
        locale=locale,
        external_id=external_id,
        billing_name=billing_name,
        billing_address=Address(city=city, country="FR"),
        metadata=metadata,
    )

    shown = documents.render_customer(customer, None).decode()

    read = json.loads(shown)
    assert json.dumps(read, ensure_ascii=False, separators=(",", ":")) == shown
    assert (read["name"], read["locale"], read["external_id"]) == (name, locale, external_id)
    assert read["billing_name"] == (billing_name or name)
    assert read["billing_address"]["city"] == city
    assert list(read["metadata"].items()) == list(metadata.items())


def test_bytes_are_the_same_each_time() -> None:
    """One customer has one document."""
    customer = customer_of(ORGANIZATION)

    assert documents.render_customer(customer, "a@b.c") == documents.render_customer(
        customer, "a@b.c"
    )
