"""Tables of customers: how their text is read, what their columns become, and what is wrong."""

import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from icefloe.domain.entries import Entry
from icefloe.domain.values.addresses import Address
from icefloe.domain.values.errors import ConfigurationError
from icefloe.exchange import mappings
from icefloe.exchange.files import CustomerFile, Preview
from icefloe.exchange.mappings import Choices

POLAR = (
    "ID,External ID,Created At,Email,Name,Tax ID,Billing Address Line 1,Billing Address Line 2,"
    "Billing Address City,Billing Address State,Billing Address Zip,Billing Address Country,Metadata"
)
Read = Callable[..., list[Entry]]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Reads a text, or bytes, with choices that are written as on the command line."""

    def read(content: str | bytes, *maps: str, encoding: str | None = None) -> list[Entry]:
        file = tmp_path / "customers"
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        choices = Choices(tuple(map(mappings.read_choice, maps)), encoding)
        return list(CustomerFile(file, choices=choices))

    return read


def preview_of(tmp_path: Path, content: str) -> Preview | None:
    """What a text looks like as a table."""
    file = tmp_path / "customers"
    file.write_text(content)
    return CustomerFile(file).find_preview()


def problem_of(entries: list[Entry]) -> str:
    """The one problem that was found, with its place."""
    (entry,) = entries
    return f"{entry.place}: {entry.problem}"


ANN = {"email": "ann@x.com", "name": "Ann, \u00e9"}


@pytest.mark.parametrize(
    "text",
    [
        'email,name\nann@x.com,"Ann, \u00e9"\n',
        'Email;NAME\r\nann@x.com;"Ann, \u00e9"\r\n',
        "name\temail\nAnn, \u00e9\tann@x.com",
        'sep=;\r\nEmail;Name\r\nann@x.com;"Ann, \u00e9"\r\n',
        '"sep=,"\nEmail,Name\nann@x.com,"Ann, \u00e9"\n',
        "sep=|\nEmail|Name\nann@x.com|Ann, \u00e9\n",
        '\n\n"Email" , "Name"\n'.replace(" ", "") + '"ann@x.com","Ann, \u00e9"\n',
        'Email,Name\n,\n"",""\n  ,\t\nann@x.com,"Ann, \u00e9"\n,,,\n\n',
        'Email,Name,,\n\n ann@x.com ,"Ann, \u00e9",,\n',
        'Email,Name\rann@x.com,"Ann, \u00e9"\r',
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_text(read: Read, text: str, encoding: str) -> None:
    """Cells stand between commas, semicolons, tabs or what `sep=` says; empty rows count nothing."""
    (entry,) = read(text.encode(encoding))

    assert entry.problem is None
    assert entry.values == ANN


@pytest.mark.parametrize("encoding", ["cp1252", "iso-8859-1", "mac-roman", "CP850", "utf-16"])
def test_a_named_encoding(read: Read, encoding: str) -> None:
    """A text is read in the encoding that it is said to have, JSON as well."""
    (entry,) = read('Email,Name\nann@x.com,"Ann, \u00e9"\n'.encode(encoding), encoding=encoding)
    (line,) = read(
        '{"email": "ann@x.com", "name": "Ann, \u00e9"}\n'.encode(encoding), encoding=encoding
    )

    assert entry.values == line.values == ANN


@pytest.mark.parametrize("name", ["nope", "hex", "rot13", "punycode", "idna", "utf-7", "", "\0"])
def test_no_encoding(read: Read, name: str) -> None:
    """What is no encoding of text is refused."""
    with pytest.raises(ConfigurationError, match="there is no text encoding"):
        read("Email\n", encoding=name)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"Email,Name\na@x.com,A\nb@x.com,\xe9\n", "line 3: Name: is not in the encoding"),
        (b"Email,Na\xefme\na@x.com,A\n", "line 1: is not in the encoding"),
        ("Email\na@x.com".encode("utf-16") + b"\0", "line 1: the file is not in the encoding"),
        (b"\xff\xfe\xff", "line 1: the file is not in the encoding"),
    ],
)
def test_another_encoding(read: Read, content: bytes, problem: str) -> None:
    """A text in another encoding is told with its line and column, and what to do."""
    found = [entry for entry in read(content) if entry.problem]

    assert problem_of(found).startswith(problem)
    assert "name its own, such as cp1252" in problem_of(found)


@pytest.mark.parametrize(
    ("header", "problem"),
    [
        ("E-mail,Name", "E-mail: no field has this name; did you mean 'Email'?"),
        ("Email,Full Name", "Full Name: no field has this name; did you mean 'Name'?"),
        ("email,externalId", "externalId: no field has this name; did you mean 'External ID'?"),
        ("Customer Email,Name", "Customer Email: no field has this name; did you mean 'Email'?"),
        ("Email,Plan", "Plan: no field has this name"),
        ("Email,Name,Name", "Name: there are two such columns, 2 and 3"),
        ("Email,name,NAME", "NAME: there are two such columns, 2 and 3"),
        ("Email,city,billing_address.city", "billing_address.city: becomes billing_address.city,"),
        ("Email,,Name", "column 2: no field has this name"),
        ("Name,City,Country", "no column becomes email, external_id or id"),
        ("Foo,Bar", "neither JSON nor a CSV of customers: no column has a known name"),
        ("e-mail", "e-mail: no field has this name; did you mean"),
        ("\x1b[2J,Email", "\\x1b[2J: no field has this name"),
    ],
)
def test_columns_that_mean_nothing(read: Read, header: str, problem: str) -> None:
    """An unknown or a doubled column is refused before any row is read, and what was meant offered."""
    assert problem_of(read(f"\n{header}\na,b,c\n")).startswith(f"line 2: {problem}")


def test_choices(read: Read) -> None:
    """A person says what columns become: fields, keys of metadata, or nothing."""
    text = "Customer Email,Full Name,Plan,Notes,Name=x\na@x.com,Ann,pro,hush,y\n"

    (entry,) = read(
        text, "customer email=email", "Full Name=name", "Plan=metadata.tier", "NOTES=", "Name=x="
    )

    assert entry.values == {"email": "a@x.com", "name": "Ann"}
    assert entry.metadata == {"tier": "pro"}


def test_a_doubled_column_left_out(read: Read) -> None:
    """Doubled columns are no mistake where nothing becomes of them; the last choice wins."""
    (entry,) = read("Email,Name,Name\na@x.com,A,B\n", "Name=name", "Name=")

    assert entry.values == {"email": "a@x.com"}


@pytest.mark.parametrize(
    ("choice", "problem"),
    [
        ("Plan", "does not say what becomes of a column"),
        ("=email", "does not say what becomes of a column"),
        ("Plan=plan", "there is no field 'plan'"),
        ("Mail=emial", "there is no field 'emial'; did you mean 'email'?"),
        ("Plan=metadata.", "there is no field 'metadata.'"),
    ],
)
def test_a_choice_that_is_none(choice: str, problem: str) -> None:
    """A choice that says nothing is refused."""
    with pytest.raises(ConfigurationError, match=problem.replace("?", r"\?")):
        mappings.read_choice(choice)


def test_a_choice_of_no_column(read: Read) -> None:
    """A choice for a column that the file has not is a mistake: it was misspelt."""
    assert problem_of(read("Email,Plan\n", "Plan=", "Emial=email")) == (
        "line 1: Emial: the file has no such column; did you mean 'Email'?"
    )


def test_choices_for_json(read: Read) -> None:
    """Keys of JSON become what a person says, too."""
    line = '{"mail": "a@x.com", "plan": "pro", "old": 1, "metadata": {"a": 1}}\n{"mail": "b@x.com"}'

    one, other = read(line, "mail=email", "plan=metadata.plan", "old=")

    assert one.values == {"email": "a@x.com", "metadata": {"a": 1, "plan": "pro"}}
    assert other.values == {"email": "b@x.com"}


@pytest.mark.parametrize(
    ("header", "row", "export", "values", "address", "metadata"),
    [
        (
            (
                "id,Description,Email,Name,Created (UTC),Delinquent,Card ID,Card Address Line1,"
                "Card Address City,Card Address State,Card Address Zip,Card Address Country,"
                "Total Spend,plan (metadata)"
            ),
            "cus_1,,a@x.com,Ann,2026-01-02 03:04,false,card_1,1 Main St,Austin,TX,73301,us,9.50,pro",
            "Stripe",
            {"external_id": "cus_1", "email": "a@x.com", "name": "Ann"},
            {"line1": "1 Main St", "city": "Austin", "state": "US-TX", "country": "US"},
            {"plan": "pro"},
        ),
        (
            (
                "identifier,name,email,status,status_formatted,country,country_formatted,email_sends,"
                "email_opens,email_clicks,unsubscribed_at,created_at"
            ),
            "17,Ann,a@x.com,subscribed,Subscribed,DE,Germany,1,1,0,,2022-12-01T13:01:07.000000Z",
            "Lemon Squeezy",
            {"external_id": "17", "email": "a@x.com", "name": "Ann"},
            {"country": "DE"},
            {},
        ),
        (
            "id,name,email,marketing_consent,status,custom_data,locale,created_at,updated_at",
            'ctm_1,Ann,a@x.com,true,active,"{""a"": 1}",en,2024-04-11T15:57:24.813Z,',
            "Paddle",
            {"external_id": "ctm_1", "email": "a@x.com", "metadata": {"a": 1}, "locale": "en"},
            {},
            {},
        ),
        (
            (
                "customer[id],customer[first_name],customer[last_name],customer[email],customer[company],"
                "customer[auto_collection],billing_address[line1],billing_address[city],"
                "billing_address[zip],billing_address[country]"
            ),
            "cb_1,Ann,Lee,a@x.com,Acme,on,1 Quai,Brest,29200,FR",
            "Chargebee, for bulk operations",
            {"external_id": "cb_1", "name": "Ann Lee", "billing_name": "Acme"},
            {"line1": "1 Quai", "city": "Brest", "postal_code": "29200", "country": "FR"},
            {},
        ),
        (
            "Customer Id,First Name,Last Name,Email,Company,Billing Address Country,Created At",
            "cb_1,Ann,,a@x.com,,FR,2026-01-02 03:04:05",
            "Chargebee",
            {"external_id": "cb_1", "name": "Ann", "billing_name": None},
            {"country": "FR"},
            {},
        ),
        (
            "Name,Email,Created At,ID,Tax ID,Billing Address Country",
            (
                "Ann,a@x.com,2025-06-01T00:00:00+00:00,1dbfc517-0bbf-4301-9ba8-555ca42b9737,"
                "\"('FR61954506077', <TaxIDFormat.eu_vat: 'eu_vat'>)\",FR"
            ),
            None,
            {"email": "a@x.com", "name": "Ann"},
            {"country": "FR"},
            {},
        ),
    ],
    ids=["stripe", "lemon-squeezy", "paddle", "chargebee-bulk", "chargebee", "polar-2025"],
)
def test_known_exports(
    read: Read,
    tmp_path: Path,
    header: str,
    row: str,
    export: str | None,
    values: dict[str, Any],
    address: dict[str, str],
    metadata: dict[str, Any],
) -> None:
    """An export of another service is known by its columns, in any order and case."""
    content = f"{header.upper() if export != 'Stripe' else header}\n{row}\n"

    (entry,) = read(content)

    assert entry.problem is None
    assert {name: entry.values[name] for name in values} == values
    assert {name: one for name, one in entry.address.items() if one is not None}.items() >= (
        address.items()
    )
    assert entry.metadata == metadata
    preview = preview_of(tmp_path, content)
    assert preview is not None
    assert preview.mapping.export == export
    assert "type" not in entry.values


def test_columns_that_are_not_there(read: Read) -> None:
    """A field without a column is not given at all: an update leaves it alone, and none is a team."""
    one, other = read("External ID,City,Plan\ne1,Brest,pro\ne2,,\n", "Plan=metadata.plan")

    assert one.values == {"external_id": "e1"}
    assert (one.address, one.metadata) == ({"city": "Brest"}, {"plan": "pro"})
    assert (other.address, other.metadata) == ({"city": None}, {"plan": None})


def test_all_columns(read: Read) -> None:
    """A file with all columns of an export gives address and metadata as a whole; it knows teams."""
    (entry,) = read(POLAR + '\n,e1,,,Team,,1 Quai,,Brest,,,FR,"{""a"": 1}"\n')

    assert entry.values["type"] == "team"
    assert entry.values["billing_address"] == Address(line1="1 Quai", city="Brest", country="FR")
    assert entry.values["metadata"] == {"a": 1}
    assert (entry.address, entry.metadata) == ({}, {})


@pytest.mark.parametrize(
    ("header", "row", "problem"),
    [
        ("Email,Created", "a@x.com,soon", "Created: must be a moment such as 2027-01-31"),
        ("E,Verified", "a@x.com,maybe", "Verified: must be true or false"),
        ("Email,Data", "a@x.com,{", "Data: not JSON"),
        ("Email,Data", "a@x.com,[1]", "Data: must be a JSON object"),
        ("Email,VAT", "a@x.com,12", "VAT: its format is unknown without a billing country"),
        (
            "Email,Land",
            "a@x.com,Germany",
            "Land: must be the two-letter code of a country such as 'FR'",
        ),
        ("E", "nobody", "E: must be an e-mail address such as ann@example.com"),
        ("Email", "a@x.com,b", "has 2 columns, not 1"),
        ("Email,Name", "a@x.com", "has 1 column, not 2"),
        ("Email,Name", '"a@x.com"x,b', "not CSV: a quotation mark is missing"),
        ("Email,Name", '"a@x.com,b', "not CSV: a quotation mark is missing"),
        ("Email,Name", "a@x.com," + "x" * 1_048_577, "not CSV: a cell has more than 1,048,576"),
        ("Email,Name", "a@x.com,\0", "Name: must not contain a NUL character"),
    ],
)
def test_wrong_cells(read: Read, header: str, row: str, problem: str) -> None:
    """What is wrong is told by the file's own line and column, and never its value."""
    maps = {
        "Created": "created_at", "E": "email", "Verified": "email_verified", "Data": "metadata",
        "VAT": "tax_id", "Land": "billing_address.country",
    }  # fmt: skip
    choices = [f"{name}={maps[name]}" for name in header.split(",") if name in maps]

    found = read(f"{header}\n\n{row}\n", *choices)

    assert problem_of(found).startswith(f"line 3: {problem}")


def test_a_preview(tmp_path: Path) -> None:
    """A preview has the mapping and the first three rows; JSON and empty files have none."""
    preview = preview_of(tmp_path, "Email;Plan\n\n1@x.com\n2@x.com;b;c\n3@x.com;c\n4@x.com;d\n")

    assert preview is not None
    assert preview.rows == (("1@x.com", ""), ("2@x.com", "b"), ("3@x.com", "c"))
    assert (preview.separator, preview.encoding, preview.mapping.unknown) == (
        ";",
        "utf-8",
        ("Plan",),
    )
    assert preview.records[1] == {"email": "2@x.com"}
    for content in ("", "\n \n", '{"email": "a@x.com"}', ' [{"email": "a@x.com"}]'):
        assert preview_of(tmp_path, content) is None


def test_every_known_target() -> None:
    """All that a known export's columns become is there."""
    for export in mappings._exports():
        assert all(map(mappings.is_target, export.columns.values())), export.name
        for sign in export.signs:
            assert sign <= export.columns.keys(), export.name


def test_bounded_memory(tmp_path: Path) -> None:
    """A large table is read row by row."""
    file = tmp_path / "large.csv"
    names = [f"metadata.k{number}" for number in range(10)]
    with file.open("w") as opened:
        opened.write(",".join(["Email", *names]) + "\n")
        opened.writelines(f"{number}@x.com{(',' + 'x' * 450) * 10}\n" for number in range(2000))
    assert file.stat().st_size > 9_000_000
    tracemalloc.start()
    try:
        assert sum(entry.problem is None for entry in CustomerFile(file)) == 2000
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()
