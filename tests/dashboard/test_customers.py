"""Customers in the dashboard: the list, and making, showing, changing and deleting one."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import plain_http
from api.commerce.asking import make, make_product
from dashboard.customer_visits import Person, Visitor, fields_of, names_in, signed_in, text_of
from icefloe.services import Services
from support import Organization, Server, new_customer

PAGES = (
    "", "new", "import", "export.csv", "export.excel.csv", "export.ndjson", "{id}",
    "{id}/edit", "{id}/delete", "{id}/members/new", "{id}/members/{member}",
    "{id}/members/{member}/delete",
)  # fmt: skip
NASTY = (
    "\0",
    "\ud800".encode("utf-8", "surrogatepass"),
    "<script>alert(1)</script>",
    "%",
    "'",
    "💥",
)
HUGE = "9" * 5000


@pytest.fixture(scope="module")
def people(server: Server, services: Services) -> Iterator[list[Person]]:
    """Two people who are signed in."""
    with signed_in(services, server.url) as one, signed_in(services, server.url) as other:
        yield [one, other]


@pytest.fixture
def visitor(people: list[Person], organization: Organization) -> Visitor:
    """A person of the test's organization."""
    return people[0].enter(organization)


@pytest.fixture
def stranger(people: list[Person], make_organization: Callable[[], Organization]) -> Visitor:
    """A person of another organization."""
    return people[1].enter(make_organization())


@pytest.fixture
def ann(visitor: Visitor) -> dict[str, Any]:
    """A customer with some of everything."""
    return visitor.make(
        email="ann@example.com",
        name="Ann Arbor",
        external_id="usr_1",
        locale="en",
        metadata={"plan": "pro", "seats": 3, "rate": 0.5, "trial": True},
        billing_address={"line1": "1 Main St", "city": "Ann Arbor", "country": "US", "state": "MI"},
    )


def member_of(visitor: Visitor, customer: dict[str, Any], number: int = 0) -> dict[str, Any]:
    """One of a customer's members, as the API lists them, oldest first."""
    listed = visitor.organization.get(
        f"/v1/members/?customer_id={customer['id']}&sorting=created_at"
    )
    found: dict[str, Any] = listed.json()["items"][number]
    return found


# --- who may see it ---------------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES)
def test_nobody_sees_it_without_signing_in(
    visitor: Visitor, ann: dict[str, Any], page: str
) -> None:
    """Whoever is not signed in is asked to be."""
    place = page.format(id=ann["id"], member=member_of(visitor, ann)["id"])

    answer = plain_http.get(visitor.organization.url + visitor.path(place))

    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/dashboard/sign-in")


@pytest.mark.parametrize("page", PAGES)
def test_others_see_nothing(
    visitor: Visitor, stranger: Visitor, ann: dict[str, Any], page: str
) -> None:
    """To another organization's people every address of this one is not there, nor by their own."""
    place = page.format(id=ann["id"], member=member_of(visitor, ann)["id"])

    for method in ("GET", "POST"):
        theirs = stranger.client.request(
            method, visitor.path(place), data={"csrf": stranger.token} if method == "POST" else None
        )
        assert theirs.status_code == 404
        assert "Ann Arbor" not in theirs.text
    if "{id}" in page:
        assert stranger.get(place).status_code == 404
        assert stranger.post(place, {"confirmation": "ann@example.com"}).status_code in {404, 405}
    assert visitor.find(ann["id"]).json() == ann


def test_a_form_of_others_is_refused(visitor: Visitor, ann: dict[str, Any]) -> None:
    """A form that was not given to this session changes nothing."""
    answer = visitor.client.post(
        visitor.path(f"{ann['id']}/delete"), data={"confirmation": "ann@example.com", "csrf": "x"}
    )

    assert answer.status_code == 403
    assert visitor.find(ann["id"]).status_code == 200


# --- the list -----------------------------------------------------------------------------------


def test_an_empty_list_says_what_to_do(visitor: Visitor) -> None:
    """Where there are no customers yet, the page leads to making and importing them."""
    page = visitor.get()

    assert "No customers yet" in text_of(page)
    assert visitor.path("new") in page.text
    assert visitor.path("import") in page.text


def test_the_list(visitor: Visitor) -> None:
    """The newest come first, a page at a time, with their total in thousands."""
    visitor.organization.keep(*(new_customer(number) for number in range(1234)))

    page = visitor.get(size=10, sort="email")

    assert "1,234 customers · 1 to 10" in text_of(page)
    assert "Page 1 of 124" in text_of(page)
    assert names_in(page)[:2] == ["Customer 0", "Customer 1000"]
    assert names_in(visitor.get(size=10, sort="email", page=2))[0] == "Customer 1009"
    assert names_in(visitor.get(size=100, sort="-email", page=13))[-1] == "Customer 0"
    assert len(names_in(visitor.get())) == 25


def test_filters(visitor: Visitor) -> None:
    """Text, address and metadata narrow the list, all at once; of one key any value will do."""
    plans = ["pro", "free", "team"]
    visitor.organization.keep(
        *(new_customer(number, metadata={"plan": plans[number % 3]}) for number in range(12))
    )

    assert names_in(visitor.get(q="customer1", sort="name")) == [
        "Customer 1", "Customer 10", "Customer 11",
    ]  # fmt: skip
    assert names_in(visitor.get(email="CUSTOMER7@example.com")) == ["Customer 7"]
    assert len(names_in(visitor.get(metadata=["plan=pro", "plan=free"]))) == 8
    assert names_in(visitor.get(q="customer1", metadata="plan=free", sort="name")) == [
        "Customer 1", "Customer 10",
    ]  # fmt: skip


def test_active_alone(visitor: Visitor) -> None:
    """The list may show only customers with an active subscription, or only the others."""
    ada, bo = (visitor.make(email=f"{name}@example.com", name=name) for name in ("Ada", "Bo"))
    product = make_product(visitor.organization, prices=[{"amount_type": "free"}])
    make(visitor.organization, "subscriptions", product_id=product["id"], customer_id=ada["id"])

    page = visitor.get(active="true")
    assert names_in(page) == ["Ada"]
    assert "Has an active subscription" in text_of(page)
    assert names_in(visitor.get(active="false", q="bo")) == ["Bo"]
    assert bo["id"] in visitor.get("export.ndjson", active="false").text
    assert ada["id"] not in visitor.get("export.ndjson", active="false").text


def test_any_key_can_be_filtered_by(visitor: Visitor) -> None:
    """A key may hold the sign that ends it in the address, and what stands for that sign."""
    odd = {"a=b": "1", "a": "b=1", "%3D": "2", "%": "3"}
    visitor.make(email="odd@example.com", name="Odd", metadata=odd)
    visitor.make(email="even@example.com", name="Even", metadata={"=": "1", "%25": "3"})

    for key, value in odd.items():
        answer = visitor.get(metadata_key=key, metadata_value=value)
        assert names_in(visitor.client.get(answer.headers["location"])) == ["Odd"]


@pytest.mark.usefixtures("ann")
def test_nothing_found_can_be_cleared(visitor: Visitor) -> None:
    """A filter that finds nobody says so, and how to be rid of it; what was typed stays."""
    page = visitor.get(q="nobody called so")

    assert "Nobody found" in text_of(page)
    assert "Clear the filter" in text_of(page)
    assert 'value="nobody called so"' in page.text


@pytest.mark.usefixtures("ann")
def test_behind_the_last_page(visitor: Visitor) -> None:
    """A page that is not there leads to the last one."""
    assert "There is no page 7" in text_of(visitor.get(page=7))


@pytest.mark.usefixtures("ann")
def test_htmx_gets_the_table_alone(visitor: Visitor) -> None:
    """While somebody types, only the results are answered, with the address to be shared."""
    part = visitor.get(by_htmx=True, q="ann", email="", sort="-created_at", size=25)

    assert "<html" not in part.text
    assert names_in(part) == ["Ann Arbor"]
    assert part.headers["hx-push-url"] == f"{visitor.path()}?q=ann"
    assert 'form="filter" name="sort" value="-created_at"' in part.text


@pytest.mark.usefixtures("ann")
def test_a_form_without_scripts_becomes_an_address(visitor: Visitor) -> None:
    """A filter by key and value is written into the address as one parameter."""
    answer = visitor.get(q="", metadata_key="plan", metadata_value="pro", size=25)

    assert answer.status_code == 303
    assert answer.headers["location"] == f"{visitor.path()}?metadata=plan%3Dpro"
    assert names_in(visitor.client.get(answer.headers["location"])) == ["Ann Arbor"]


@pytest.mark.usefixtures("ann")
def test_metadata_keys_are_suggested(visitor: Visitor) -> None:
    """The keys that there are can be chosen from."""
    page = visitor.get()

    for key in ("plan", "rate", "seats", "trial"):
        assert f'<option value="{key}">' in page.text


@pytest.mark.parametrize(
    "name", ["q", "email", "active", "metadata", "metadata_key", "sort", "page", "size"]
)
@pytest.mark.parametrize("value", [*NASTY, HUGE, "-1", "0", "=", "a=b=c"])
@pytest.mark.usefixtures("ann")
def test_no_address_breaks_the_list(visitor: Visitor, name: str, value: Any) -> None:
    """Whatever an address says, there is a page, and nothing of it is code."""
    for place in ("", "export.csv"):
        answer = visitor.get(place, **{name: value})
        assert answer.status_code in {200, 303}
        assert "<script>alert" not in answer.text


# --- making one ---------------------------------------------------------------------------------


def test_make_one(visitor: Visitor) -> None:
    """A form with some of everything makes the customer that the API would."""
    answer = visitor.post(
        "new",
        {
            "type": "individual",
            "email": "Ada@Example.com",
            "name": " Ada Lovelace ",
            "external_id": "usr_9",
            "locale": "pt-BR",
            "line1": "Rua 1",
            "city": "São Paulo",
            "country": "BR",
            "metadata_key": ["plan", "seats", "rate", "trial", ""],
            "metadata_type": ["text", "number", "number", "boolean", "text"],
            "metadata_value": ["5", "12", "2.50", "No", ""],
        },
    )

    assert answer.status_code == 303
    made = visitor.find(answer.headers["location"].rpartition("/")[2]).json()
    assert made["email"] == "Ada@example.com"
    assert made["name"] == "Ada Lovelace"
    assert made["external_id"] == "usr_9"
    assert made["locale"] == "pt-BR"
    assert made["billing_address"]["city"] == "São Paulo"
    assert made["metadata"] == {"plan": "5", "rate": 2.5, "seats": 12, "trial": False}
    assert "Ada Lovelace is a customer now." in text_of(
        visitor.client.get(answer.headers["location"])
    )


def test_make_a_team(visitor: Visitor) -> None:
    """A team may be without an address, if its owner has one."""
    lacking = visitor.post("new", {"type": "team", "name": "Crew"})
    made = visitor.post("new", {"type": "team", "name": "Crew", "owner_email": "bo@example.com"})

    assert lacking.status_code == 422
    assert "An owner with an email address is required" in text_of(lacking)
    page = visitor.client.get(made.headers["location"])
    assert "bo@example.com" in text_of(page)
    assert "Add a member" in text_of(page)


@pytest.mark.parametrize(
    ("fields", "name", "words"),
    [
        ({"email": ""}, "email", "value is not a valid email address"),
        ({"email": "no address"}, "email", "value is not a valid email address"),
        ({"email": "ann@example.com"}, "email", "already exists"),
        ({"external_id": "usr_1"}, "external_id", "already exists"),
        ({"name": "x" * 257}, "name", "at most 256 characters"),
        ({"locale": "not a tag"}, "locale", ""),
        ({"tax_id": "DE123"}, "country", "Country is required to validate tax ID."),
        ({"tax_id": "DE123", "country": "DE"}, "tax_id", "Invalid tax ID."),
        ({"city": "Berlin"}, "country", "Field required"),
        ({"country": "US", "state": "Bavaria"}, "state", "Invalid US state"),
        ({"name": "a\0b"}, "name", "invalid characters"),
    ],
)
@pytest.mark.usefixtures("ann")
def test_what_cannot_be_taken(
    visitor: Visitor, fields: dict[str, str], name: str, words: str
) -> None:
    """What the API refuses is refused in its words, at the field; what was typed stays."""
    typed = {"type": "individual", "email": "new@example.com", "city": "", **fields}

    answer = visitor.post("new", {**typed, "metadata_key": "note", "metadata_value": "kept"})

    assert answer.status_code == 422
    said = re.search(rf'<p class="error" id="error-{name}">([^<]*)<', answer.text)
    assert said is not None
    assert words in said[1]
    shown = fields_of(answer)
    assert {key: shown[key] for key in typed if "\0" not in typed[key]} == {
        key: value for key, value in typed.items() if "\0" not in value
    }
    assert shown["metadata_value"] == ["kept"]


@pytest.mark.parametrize(
    ("key", "kind", "value", "words"),
    [
        ("k" * 41, "text", "x", "at most 40 characters"),
        ("k", "text", "x" * 501, "at most 500 characters"),
        ("k", "text", "", "at least 1 character"),
        ("k", "number", "a dozen", "Write a number"),
        ("k", "number", "1e999", "Write a number"),
        ("k", "boolean", "perhaps", "Say yes or no."),
        ("", "text", "x", "Give the value a key."),
    ],
)
def test_metadata_that_cannot_be_taken(
    visitor: Visitor, key: str, kind: str, value: str, words: str
) -> None:
    """What is wrong with a row of metadata stands in the row."""
    row = {"metadata_key": ["fine", key], "metadata_type": ["text", kind]}

    answer = visitor.post(
        "new", {"email": "a@example.com", **row, "metadata_value": ["fine", value]}
    )

    assert answer.status_code == 422
    said = re.search(r'<p class="error" id="row-error-1">([^<]*)<', answer.text)
    assert said is not None
    assert words in said[1]
    assert 'id="row-error-0"' not in answer.text
    assert fields_of(answer)["metadata_value"] == ["fine", value]


def test_metadata_of_too_many_keys(visitor: Visitor) -> None:
    """More than fifty keys are refused, and so is one that is there twice."""
    many = [f"k{number}" for number in range(51)]

    answer = visitor.post(
        "new", {"email": "a@example.com", "metadata_key": many, "metadata_value": many}
    )
    twice = visitor.post(
        "new",
        {"email": "a@example.com", "metadata_key": ["a", "a"], "metadata_value": ["1", "2"]},
    )

    assert answer.status_code == 422
    assert "at most 50 items" in text_of(answer)
    assert "Another row has the same key." in text_of(twice)


def test_rows_without_scripts(visitor: Visitor) -> None:
    """Buttons add and remove rows of metadata, and whatever else was typed stays."""
    typed = {"email": "half an addr", "metadata_key": ["a", "b"], "metadata_value": ["1", "2"]}

    more = visitor.post("new", {**typed, "action": "add-row"})
    less = visitor.post("new", {**typed, "action": "remove-row-0"})

    assert (more.status_code, less.status_code) == (200, 200)
    assert fields_of(more)["metadata_key"] == ["a", "b", ""]
    assert fields_of(less)["metadata_key"] == ["b"]
    assert fields_of(less)["email"] == "half an addr"
    assert visitor.post("new", {**typed, "action": f"remove-row-{HUGE}"}).status_code == 200


@pytest.mark.parametrize("name", ["email", "name", "tax_id", "type", "country", "metadata_key"])
@pytest.mark.parametrize("value", [*NASTY, HUGE])
def test_no_form_breaks_a_page(visitor: Visitor, name: str, value: Any) -> None:
    """Whatever a form brings, there is an answer that says what is wrong."""
    answer = visitor.post("new", {"email": "a@example.com", "city": "Rome", name: value})

    assert answer.status_code == 422
    assert "<script>alert" not in answer.text


# --- one ----------------------------------------------------------------------------------------


def test_show_one(visitor: Visitor, ann: dict[str, Any]) -> None:
    """The page has every field, the members, what happened, and the JSON."""
    page = text_of(visitor.get(ann["id"]))

    for shown in (ann["id"], "usr_1", "ann@example.com", "US-MI", "United States", "seats 3"):
        assert shown in page
    assert "Members 1" in page
    assert "customer.created" in page
    assert '"email_verified": false' in page


@pytest.mark.parametrize(
    "wrong", ["f73e8566-55f1-44d4-836c-8780eac8476f", "no-id", "%00", "%F0%9F%92%A5", HUGE]
)
def test_nobody_there(visitor: Visitor, wrong: str) -> None:
    """An address of nobody is a page that says so."""
    for place in ("", "/edit", "/delete", "/members/new", f"/members/{wrong}"):
        assert visitor.get(f"{wrong}{place}").status_code == 404


# --- changing one -------------------------------------------------------------------------------


def test_saving_what_is_there_changes_nothing(visitor: Visitor, ann: dict[str, Any]) -> None:
    """A form that is sent as it came leaves everything just as it is."""
    fields = fields_of(visitor.get(f"{ann['id']}/edit"))

    answer = visitor.post(f"{ann['id']}/edit", fields)

    assert answer.status_code == 303
    assert visitor.find(ann["id"]).json() == ann


def test_change_one(visitor: Visitor, ann: dict[str, Any]) -> None:
    """Only what was changed is changed, and a value that was nobody's business keeps its form."""
    fields = fields_of(visitor.get(f"{ann['id']}/edit"))
    fields |= {"name": "Anna", "city": "Detroit", "locale": ""}
    fields["metadata_value"][fields["metadata_key"].index("plan")] = "free"

    answer = visitor.post(f"{ann['id']}/edit", fields)

    assert answer.status_code == 303
    changed = visitor.find(ann["id"]).json()
    assert changed["name"] == "Anna"
    assert changed["locale"] is None
    assert changed["billing_address"] == {**ann["billing_address"], "city": "Detroit"}
    assert changed["metadata"] == {**ann["metadata"], "plan": "free"}
    assert changed["email"] == "ann@example.com"


def test_lines_in_metadata_stay(visitor: Visitor) -> None:
    """A text of several lines is not changed by a form that ends them in its own way."""
    made = visitor.make(email="a@example.com", metadata={"note": "one\ntwo", "n": 1.5})
    fields = fields_of(visitor.get(f"{made['id']}/edit"))
    fields["metadata_value"] = [value.replace("\n", "\r\n") for value in fields["metadata_value"]]

    visitor.post(f"{made['id']}/edit", {**fields, "name": "A"})

    assert visitor.find(made["id"]).json()["metadata"] == made["metadata"]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"email": ""}, "not taken away"),
        ({"external_id": "usr_2"}, "Customer external ID cannot be updated."),
        (
            {"line1": "", "city": "", "state": "", "country": ""},
            "Customer billing address cannot be reset to null once set.",
        ),
        ({"country": "CA"}, "Invalid CA subdivision"),
    ],
)
def test_changes_that_cannot_be(
    visitor: Visitor, ann: dict[str, Any], fields: dict[str, str], words: str
) -> None:
    """What the API would refuse is refused in its words, and nothing is changed."""
    sent = fields_of(visitor.get(f"{ann['id']}/edit")) | {"name": "Other"} | fields

    answer = visitor.post(f"{ann['id']}/edit", sent)

    assert answer.status_code == 422
    assert words in text_of(answer)
    assert visitor.find(ann["id"]).json() == ann


def test_two_at_once(visitor: Visitor, ann: dict[str, Any]) -> None:
    """What somebody else saved meanwhile is not undone unseen, but when the form is sent again."""
    fields = fields_of(visitor.get(f"{ann['id']}/edit")) | {"name": "Mine"}
    visitor.organization.request("PATCH", f"/v1/customers/{ann['id']}", body={"name": "Theirs"})

    told = visitor.post(f"{ann['id']}/edit", fields)
    assert told.status_code == 422
    assert "This customer was changed meanwhile." in text_of(told)
    assert visitor.find(ann["id"]).json()["name"] == "Theirs"

    again = visitor.post(f"{ann['id']}/edit", fields_of(told))
    assert again.status_code == 303
    assert visitor.find(ann["id"]).json()["name"] == "Mine"


# --- what happened ------------------------------------------------------------------------------


def test_history(visitor: Visitor, ann: dict[str, Any]) -> None:
    """Each event says what became different, the latest first; the older ones are further pages."""
    path = f"/v1/customers/{ann['id']}"
    visitor.organization.request("PATCH", path, body={"metadata": {"plan": "max"}})
    visitor.organization.request("PATCH", path, body={"email": "anna@example.com"})

    page = text_of(visitor.get(ann["id"]))

    assert "email ann@example.com → is now anna@example.com" in page
    assert "metadata.plan pro → is now max" in page
    assert "metadata.seats 3 → is now —" in page
    for number in range(30):
        visitor.organization.request("PATCH", path, body={"name": f"Ann {number}"})
    latest = visitor.get(ann["id"])
    assert "name Ann 28 → is now Ann 29" in text_of(latest)
    assert "name Ann 9 → is now Ann 10" in text_of(latest)
    assert "is now Ann 9 " not in text_of(latest)
    older = re.search(r'href="([^"]*\?before=\d+)#history"', latest.text)
    assert older is not None
    assert "name Ann 8 → is now Ann 9" in text_of(visitor.client.get(older[1]))


def test_an_imported_customer_has_no_history(visitor: Visitor) -> None:
    """The page says why there is nothing, and later what it does not know."""
    given = new_customer()
    visitor.organization.keep(given)

    assert "an import stores no events" in text_of(visitor.get(given["id"]))
    path = f"/v1/customers/{given['id']}"
    visitor.organization.request("PATCH", path, body={"name": "Other"})
    assert "The state before this event is not stored." in text_of(visitor.get(given["id"]))


@pytest.mark.parametrize("before", [HUGE, "-1", "x", "0", "💥", "9223372036854775807"])
def test_no_place_breaks_the_history(visitor: Visitor, ann: dict[str, Any], before: str) -> None:
    """Whatever an address says of where to go on, there is a page."""
    assert visitor.get(ann["id"], before=before).status_code == 200


# --- deleting one -------------------------------------------------------------------------------


def test_delete_one(visitor: Visitor, ann: dict[str, Any]) -> None:
    """Who types the address deletes the customer; it is in the list no more."""
    wrong = visitor.post(f"{ann['id']}/delete", {"how": "delete", "confirmation": "ann"})
    assert wrong.status_code == 422
    assert visitor.find(ann["id"]).status_code == 200

    answer = visitor.post(
        f"{ann['id']}/delete", {"how": "delete", "confirmation": " ann@example.com "}
    )

    assert answer.status_code == 303
    assert "Ann Arbor is deleted." in text_of(visitor.client.get(answer.headers["location"]))
    assert visitor.find(ann["id"]).status_code == 404
    assert visitor.get(ann["id"]).status_code == 404


def test_anonymise_one(visitor: Visitor, ann: dict[str, Any]) -> None:
    """Besides, nothing that is kept says who it was."""
    answer = visitor.post(
        f"{ann['id']}/delete", {"how": "anonymise", "confirmation": "ann@example.com"}
    )

    assert answer.status_code == 303
    told = text_of(visitor.client.get(answer.headers["location"]))
    assert "nothing here says any more who it was" in told
    assert "Ann Arbor" not in told
    assert visitor.find(ann["id"]).status_code == 404


# --- members ------------------------------------------------------------------------------------


def test_members_of_a_team(visitor: Visitor) -> None:
    """A team's members are added, changed, made the owner and removed."""
    team = visitor.make(type="team", name="Crew", email="crew@example.com")
    base = f"{team['id']}/members"

    added = visitor.post(f"{base}/new", {"email": "bo@example.com", "name": "Bo", "role": "member"})
    assert added.status_code == 303
    assert "Bo is a member now." in text_of(visitor.client.get(added.headers["location"]))
    bo = member_of(visitor, team, 1)

    changed = visitor.post(
        f"{base}/{bo['id']}", {"email": "bo@example.com", "name": "Bob", "role": "owner"}
    )
    assert changed.status_code == 303
    assert member_of(visitor, team, 1)["role"] == "owner"
    assert member_of(visitor, team, 0)["role"] == "billing_manager"
    page = text_of(visitor.get(team["id"]))
    assert "role member → is now owner" in page
    assert "name Bo → is now Bob" in page

    kept = visitor.post(f"{base}/{bo['id']}/delete")
    assert kept.status_code == 422
    assert "Cannot delete the only owner." in text_of(kept)
    first = member_of(visitor, team, 0)
    assert visitor.post(f"{base}/{first['id']}/delete").status_code == 303
    assert "Members 1" in text_of(visitor.get(team["id"]))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"email": ""}, "value is not a valid email address"),
        ({"email": "x@example.com", "role": "king"}, "Input should be"),
        ({"email": "x@example.com", "external_id": "m_1"}, "already exists for this customer"),
    ],
)
def test_members_that_cannot_be(visitor: Visitor, fields: dict[str, str], words: str) -> None:
    """What the API refuses of a member is refused in its words; what was typed stays."""
    team = visitor.make(
        type="team",
        email="crew@example.com",
        owner={"email": "o@example.com", "external_id": "m_1"},
    )

    answer = visitor.post(f"{team['id']}/members/new", {"role": "member", "name": "N", **fields})

    assert answer.status_code == 422
    assert words in text_of(answer)
    assert fields_of(answer)["name"] == "N"


def test_individuals_have_one_member(visitor: Visitor, ann: dict[str, Any]) -> None:
    """An individual gets no further member, and the page says what to do."""
    assert "Make it a team" in text_of(visitor.get(f"{ann['id']}/members/new"))
    answer = visitor.post(f"{ann['id']}/members/new", {"email": "x@example.com", "role": "member"})
    assert answer.status_code == 422
