"""`icefloe customers`: out to files and in from them."""

import csv
import io
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, ClassVar

import pytest

from icefloe.exchange.files import CustomerFile
from support import CLI, Command, new_customer

OTHER = "1dbfc517-0bbf-4301-9ba8-555ca42b9737"
FRENCH = {"line1": "1 Quai", "city": "Brest", "country": "FR"}
DIVERSE: list[dict[str, Any]] = [
    new_customer(1, name='Zoë "Z" O\'Brien, 中文 🧊\nsecond line', metadata={"zz": 1, "a": "é"}),
    new_customer(
        2,
        email="Mixed.Case@Example.com",
        created_at="2026-01-01T00:00:00.000001Z",
        modified_at="2026-01-02T03:04:05Z",
        email_verified=True,
        billing_name="Billed, Inc.",
        billing_address=FRENCH,
        tax_id=["FR61954506077", "eu_vat"],
        locale="fr-FR",
        metadata={"exp": 1e21, "one": 1.0, "yes": True, "five": "5"},
        first_user_event_at="2026-01-03T00:00:00Z",
        default_payment_method_id="3f2c1d60-1b2a-4c3d-8e4f-5a6b7c8d9e0f",
    ),
    new_customer(3, type="team", email=None, owner={"email": "boss@example.com", "name": "Boss"}),
    new_customer(4, type="team", owner={"email": "o@x.com", "name": None, "external_id": None}),
    new_customer(5, type="team", email=None, name=None, external_id=None),
    new_customer(6, deleted_at="2026-02-01T00:00:00Z", external_id="again"),
    new_customer(7, created_at="1969-07-20T20:17:40Z", external_id="again"),
]


def lines_of(*records: Any) -> str:
    """Records as NDJSON."""
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)


@pytest.fixture
def take(icefloe: Command, organization: str, tmp_path: Path) -> Command:
    """Imports a text, or bytes, with some flags."""

    def take(content: str | bytes, *flags: str) -> Any:
        file = tmp_path / "customers"
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return icefloe("customers", "import", file, "--organization", organization, *flags)

    return take


@pytest.fixture
def export(icefloe: Command, organization: str) -> Callable[..., str]:
    """What an export writes."""

    def export(*flags: str) -> str:
        told = icefloe("customers", "export", "--organization", organization, *flags)
        assert (told.status, told.err) == (0, "")
        return told.out

    return export


def shown(export: Callable[..., str]) -> list[dict[str, Any]]:
    """The customers of an export."""
    return [json.loads(line) for line in export().splitlines()]


class TestExport:
    """`icefloe customers export`."""

    def test_nobody(self, export: Callable[..., str]) -> None:
        """Without customers an export is empty, as CSV but for the columns' names."""
        assert export() == ""
        assert export("--format", "csv").count("\n") == 1

    def test_ndjson(self, take: Command, export: Callable[..., str]) -> None:
        """One wire document a line, in the order they were kept, deleted ones too."""
        take(lines_of(*DIVERSE))

        customers = shown(export)

        assert [one["id"] for one in customers] == [one["id"] for one in DIVERSE]
        assert customers[5]["deleted_at"] == "2026-02-01T00:00:00Z"
        assert list(customers[0])[-1] == "avatar_url"
        assert [one.get("owner") for one in customers[2:5]] == [
            {"email": "boss@example.com", "name": "Boss", "external_id": "usr_3"},
            {"email": "o@x.com", "name": None, "external_id": None},
            None,
        ]

    def test_csv(self, take: Command, export: Callable[..., str]) -> None:
        """Those not deleted, oldest first, under the reference's columns, with CR LF line ends."""
        take(lines_of(*DIVERSE))

        text = export("--format", "csv")

        rows = list(csv.reader(io.StringIO(text, newline="")))
        assert text.startswith(
            "ID,External ID,Created At,Email,Name,Tax ID,Billing Address Line 1,"
        )
        assert text.splitlines(keepends=True)[0].endswith("Country,Metadata\r\n")
        assert [row[0] for row in rows[1:]] == [DIVERSE[at]["id"] for at in (6, 1, 0, 2, 3, 4)]
        assert rows[2][1:] == [
            "usr_2", "2026-01-01T00:00:00.000001+00:00", "Mixed.Case@Example.com", "Customer 2",
            "FR61954506077", "1 Quai", "", "Brest", "", "", "FR",
            '{"exp": 1000000000000000000000, "one": 1.0, "yes": true, "five": "5"}',
        ]  # fmt: skip
        assert rows[3][4] == DIVERSE[0]["name"]
        assert rows[3][-1] == '{"a": "\\u00e9", "zz": 1}'

    def test_csv_of_one_moment(self, take: Command, export: Callable[..., str]) -> None:
        """Customers of one moment are in the order of their ids."""
        moment = "2026-01-01T00:00:00Z"
        made = [new_customer(number, created_at=moment) for number in range(30)]
        take(lines_of(*made))

        rows = export("--format", "csv").splitlines()[1:]

        assert [row[:36] for row in rows] == sorted(one["id"] for one in made)

    @pytest.mark.parametrize("form", ["ndjson", "csv"])
    def test_to_a_file(
        self, icefloe: Command, take: Command, organization: str, form: str, tmp_path: Path
    ) -> None:
        """A file has what standard output would have."""
        take(lines_of(*DIVERSE))
        words = ["customers", "export", "--organization", organization, "--format", form]
        written = icefloe(*words).out

        told = icefloe(*words[:2], tmp_path / "out", *words[2:])

        assert (told.status, told.out, told.err) == (0, "", "")
        assert (tmp_path / "out").read_bytes().decode() == written

    @pytest.mark.parametrize(
        ("words", "mistake"),
        [
            (["--organization", "abc"], "organization 'abc' is not a UUID"),
            (["--organization", OTHER], f"there is no organization {OTHER}"),
            (["--organization", OTHER, "--format", "xml"], "there is no format 'xml'"),
            (["no/such/folder/out", "--organization", OTHER], "cannot write no/such/folder/out"),
            ([], "Missing option '--organization'"),
        ],
    )
    def test_mistakes(self, icefloe: Command, words: list[str], mistake: str) -> None:
        """A user's mistake is one line that says what it is."""
        assert mistake in icefloe("customers", "export", *words).mistake

    def test_for_excel(self, take: Command, icefloe: Command, organization: str) -> None:
        """A spreadsheet knows the file as UTF-8 and computes no cell; plain CSV is as it ever was."""
        formulas = ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "\uff1dx", "'x", "x=1", " =1"]
        made = [
            new_customer(number, name=name, created_at=f"2026-01-01T00:00:0{number}Z")
            for number, name in enumerate(formulas)
        ]
        take(lines_of(*made))
        words = ("customers", "export", "-", "--organization", organization)

        shown = icefloe(*words, "--excel").out
        plain = icefloe(*words, "--format", "csv").out

        assert shown.startswith("\ufeffID,External ID,")
        rows = list(csv.DictReader(io.StringIO(shown, newline="")))
        assert [row["Name"] for row in rows] == [f"'{name}" for name in formulas[:7]] + formulas[7:]
        assert [row["Name"] for row in csv.DictReader(io.StringIO(plain, newline=""))] == formulas
        assert icefloe(*words, "--excel", "--format", "csv").out == shown
        assert "--excel is for CSV" in icefloe(*words, "--excel", "--format", "ndjson").mistake

    def test_to_a_pipe(
        self, icefloe: Command, take: Command, export: Callable[..., str], organization: str,
        tmp_path: Path,
    ) -> None:  # fmt: skip
        """An export can be written to a pipe."""
        take(lines_of(*DIVERSE))
        pipe = tmp_path / "pipe"
        os.mkfifo(pipe)
        with ThreadPoolExecutor() as pool:
            read = pool.submit(pipe.read_bytes)
            told = icefloe("customers", "export", pipe, "--organization", organization)

        assert (told.status, told.err) == (0, "")
        assert read.result().decode() == export()


class TestRoundTrip:
    """An export, imported elsewhere, is exported to the same bytes."""

    def test_another_database(
        self,
        icefloe: Command,
        make_organization: Callable[..., str],
        take: Command,
        export: Callable[..., str],
        organization: str,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """In another database, for the same organization, byte for byte."""
        take(lines_of(*DIVERSE))
        first, first_csv = export(), export("--format", "csv")
        assert first.count("\n") == len(DIVERSE)

        monkeypatch.setenv("ICEFLOE_DATABASE", str(tmp_path / "other.db"))
        make_organization("Again", "--id", organization)
        assert icefloe("organizations", "list", "--json").json[0]["id"] == organization
        assert take(first).status == 0

        assert export() == first
        assert export("--format", "csv") == first_csv

    def test_another_organization(
        self,
        icefloe: Command,
        make_organization: Callable[..., str],
        take: Command,
        export: Callable[..., str],
        organization: str,
        tmp_path: Path,
    ) -> None:
        """For another organization of the same database, but for the organization's id."""
        take(lines_of(*DIVERSE))
        (tmp_path / "first").write_text(export(), "utf-8")
        other = make_organization("Other")

        told = icefloe("customers", "import", tmp_path / "first", "--organization", other)
        again = icefloe("customers", "export", "--organization", other).out

        assert told.out == f"Added {len(DIVERSE)}, updated 0, skipped 0.\n"
        assert again.replace(other, organization) == export()

    def test_after_changes(
        self, make_organization: Callable[..., str], icefloe: Command, take: Command,
        export: Callable[..., str], organization: str, tmp_path: Path,
    ) -> None:  # fmt: skip
        """What customers became since they were made comes through too, and so do their owners."""
        bare = new_customer(1, name=None, external_id=None)
        team = new_customer(2, type="team", email=None, name=None)
        take(lines_of(bare, team))
        take(
            lines_of(
                {**bare, "name": "Named since", "external_id": "given since"},
                {**team, "name": "Named since", "email": "since@x.com"},
            ),
            "--on-conflict",
            "update",
        )
        (tmp_path / "first").write_text(export(), "utf-8")
        other = make_organization("Other")
        icefloe("customers", "import", tmp_path / "first", "--organization", other)

        again = icefloe("customers", "export", "--organization", other).out
        assert again.replace(other, organization) == export()

    def test_onto_itself(self, take: Command, export: Callable[..., str]) -> None:
        """An export imported as updates where it came from changes nothing."""
        take(lines_of(*DIVERSE))
        first = export()

        told = take(first, "--on-conflict", "update")

        assert told.out == f"Added 0, updated {len(DIVERSE)}, skipped 0.\n"
        assert export() == first

    def test_many(self, take: Command, export: Callable[..., str]) -> None:
        """More than one batch comes through whole and in order."""
        made = [new_customer(number, created_at="2026-01-01T00:00:00Z") for number in range(1203)]
        take(lines_of(*made))

        assert [one["id"] for one in shown(export)] == [one["id"] for one in made]
        assert export("--format", "csv").count("\r\n") == 1204


def page_of(*customers: dict[str, Any]) -> dict[str, Any]:
    """A page as the API returns it."""
    return {"items": list(customers), "pagination": {"total_count": 3, "max_page": 1}}


ONE, TWO, THREE = (new_customer(number) for number in (1, 2, 3))


class TestForms:
    """What an import can read."""

    @pytest.mark.parametrize(
        "content",
        [
            lines_of(ONE, TWO, THREE),
            lines_of(ONE, TWO, THREE).removesuffix("\n"),
            lines_of(ONE, TWO, THREE).replace("\n", "\r\n"),
            "\ufeff" + lines_of(ONE, TWO, THREE),
            lines_of(ONE) + "\n\n  \n" + lines_of(TWO, THREE),
            "\n" + lines_of(ONE, TWO, THREE),
            lines_of(page_of(ONE, TWO), page_of(THREE)),
            lines_of(page_of(ONE), page_of(), page_of(TWO, THREE)),
            lines_of(page_of(ONE, TWO), THREE),
            lines_of([ONE, TWO], [THREE]),
            lines_of([ONE, TWO, THREE]),
            lines_of([page_of(ONE, TWO), page_of(THREE)]),
            json.dumps([ONE, TWO, THREE], indent=2),
            json.dumps(page_of(ONE, TWO, THREE), indent=4),
            "\ufeff" + json.dumps(page_of(ONE, TWO, THREE), indent=2),
            json.dumps(page_of(ONE, TWO), indent=2) + "\n" + json.dumps(page_of(THREE), indent=2),
            json.dumps(ONE, indent=2) + "\n\n" + json.dumps(TWO, indent=2) + json.dumps(THREE),
            json.dumps([page_of(ONE), page_of(TWO, THREE)], indent=1),
        ],
        ids=range(18),
    )
    def test_json(self, take: Command, export: Callable[..., str], content: str) -> None:
        """Customers, pages of them and lists of either, a line each or spread over many."""
        assert take(content).out == "Added 3, updated 0, skipped 0.\n"
        assert [one["id"] for one in shown(export)] == [ONE["id"], TWO["id"], THREE["id"]]

    def test_the_wires_own_documents(self, take: Command, export: Callable[..., str]) -> None:
        """What the API derives, such as a picture's address, is left aside; the rest can be."""
        take(lines_of(ONE))
        (document,) = shown(export)

        extended = {**document, "id": TWO["id"], "email": "new@x.com", "external_id": None}
        state = {"active_subscriptions": [], "granted_benefits": [{"a": 1}], "active_meters": []}
        told = take(
            lines_of({**extended, **state, "avatar_url": "x", "future_field": [1]}),
            "--map",
            "future_field=",
        )

        assert told.out == "Added 1, updated 0, skipped 0.\n"
        assert shown(export)[1]["avatar_url"].startswith("https://www.gravatar.com/")

    def test_the_references_csv(self, take: Command, export: Callable[..., str]) -> None:
        """The reference's export, whose tax numbers are Python tuples, is read as it is."""
        head = (
            "ID,External ID,Created At,Email,Name,Tax ID,Billing Address Line 1,"
            "Billing Address Line 2,Billing Address City,Billing Address State,"
            "Billing Address Zip,Billing Address Country,Metadata\r\n"
        )
        rows = (
            f'{ONE["id"]},usr_1,2026-01-05T12:30:00.123456+00:00,ann@x.com,"Ann\n""A"" Lee",'
            "\"('FR61954506077', <TaxIDFormat.eu_vat: 'eu_vat'>)\",1 Quai,,Brest,,29200,FR,"
            '"{""plan"": ""pro"", ""e"": ""\\u00e9"", ""n"": 5}"\r\n'
            f"{TWO['id']},,2026-01-06T00:00:00+00:00,,Team,,,,,,,,\r\n"
        )

        assert take(head + rows).out == "Added 2, updated 0, skipped 0.\n"

        ann, team = shown(export)
        assert (ann["created_at"], ann["name"]) == ("2026-01-05T12:30:00.123456Z", 'Ann\n"A" Lee')
        assert ann["tax_id"] == ["FR61954506077", "eu_vat"]
        assert ann["billing_address"] == {
            "line1": "1 Quai", "line2": None, "postal_code": "29200", "city": "Brest",
            "state": None, "country": "FR",
        }  # fmt: skip
        assert ann["metadata"] == {"e": "é", "n": 5, "plan": "pro"}
        assert (team["type"], team["email"], team["external_id"]) == ("team", None, None)

    def test_our_csv(
        self, icefloe: Command, make_organization: Callable[..., str], take: Command,
        export: Callable[..., str], tmp_path: Path,
    ) -> None:  # fmt: skip
        """Our own CSV, imported elsewhere, is exported to the same bytes."""
        long = {f"key {at}": "\U0001f9ca" * 500 for at in range(50)}
        take(lines_of(*DIVERSE, new_customer(8, metadata=long)))
        (tmp_path / "first").write_bytes(export("--format", "csv").encode())
        other = make_organization("Other")

        told = icefloe("customers", "import", tmp_path / "first", "--organization", other)
        words = ("customers", "export", "--organization", other, "--format", "csv")

        assert (told.status, told.err) == (0, "")
        assert icefloe(*words).out == export("--format", "csv")

    def test_a_file_that_is_not_there(self, icefloe: Command, organization: str) -> None:
        """A file that is not there is told."""
        told = icefloe("customers", "import", "nope", "--organization", organization)

        assert told.mistake == "there is no file nope"

    @pytest.mark.parametrize("content", ["", "\n", "  \n\n", "[]", '{"items": []}', "\ufeff"])
    def test_nobody(self, take: Command, content: str) -> None:
        """A file with nobody in it adds nobody."""
        told = take(content)

        assert (told.status, told.out) == (0, "Added 0, updated 0, skipped 0.\n")


class TestTables:
    """Files from elsewhere: their columns are mapped, and shown before anything is stored."""

    TEXT = (
        "id,Email,Name,Created (UTC),Total Spend,Plan,Notes\n"
        "cus_1,ann@x.com,Ann,2026-01-02 03:04,9.50,pro,hush\n"
        "cus_2,bo@x.com,Bo,2026-01-03 03:04,0,,\n"
    )

    def test_unknown_columns(self, take: Command, export: Callable[..., str]) -> None:
        """A column that nothing is known about stops the import, which says what to do about it."""
        told = take(self.TEXT)

        assert told.status == 2
        assert told.err.splitlines()[0] == "line 1: Notes: no field has this name"
        assert '--map "Notes=FIELD" or --metadata-from "Notes"' in told.err
        assert 'leave it out by --map "Notes="' in told.err
        assert export() == ""

    def test_what_is_said(self, take: Command, export: Callable[..., str]) -> None:
        """What options say about columns is done; a column can be told of in any case."""
        told = take(self.TEXT, "--map", "NOTES=", "--metadata-from", "plan", "--map", "Name=name")

        assert told.out == "Added 2, updated 0, skipped 0.\n"
        ann, bo = shown(export)
        assert (ann["external_id"], ann["name"], ann["metadata"]) == (
            "cus_1",
            "Ann",
            {"Plan": "pro"},
        )
        assert bo["metadata"] == {}

    def test_shown_first(self, take: Command, export: Callable[..., str]) -> None:
        """A dry run shows what each column becomes and three rows, also where one is unknown."""
        told = take(self.TEXT, "--dry-run", "--metadata-from", "Plan")

        lines = [" ".join(line.split()) for line in told.out.splitlines()]
        assert lines[0] == "Stripe: cells between commas, in UTF-8."
        assert "id external_id cus_1 cus_2" in lines
        assert "Total Spend (left out) 9.50 0" in lines
        assert "Plan metadata.Plan pro" in lines
        assert "Notes ? (unknown) hush" in lines
        assert told.status == 2
        assert take(self.TEXT, "--dry-run", "--map", "Notes=").out.endswith("skipped 0.\n")
        assert export() == ""

    def test_shown_to_programs(self, take: Command) -> None:
        """A dry run's JSON has the columns and three customers; so it has of JSON files."""
        told = take(self.TEXT, "--dry-run", "--json", "--map", "Notes=metadata.note").json

        assert told["export"] == "Stripe"
        assert told["columns"][-1] == {"column": "Notes", "field": "metadata.note"}
        assert {"column": "Total Spend", "field": ""} in told["columns"]
        assert told["rows"][0]["email"] == "ann@x.com"
        assert told["rows"][0]["metadata"] == {"note": "hush"}
        assert (told["added"], told["dry_run"]) == (2, True)
        lines = lines_of(*({**ONE, "billing_address": FRENCH} for _ in range(5)))
        told = take(lines, "--dry-run", "--json").json
        assert (told["columns"], len(told["rows"])) == ([], 3)
        assert told["rows"][0]["billing_address"]["city"] == "Brest"

    def test_an_encoding(self, take: Command, export: Callable[..., str]) -> None:
        """A text that is not in UTF-8 is read in the encoding that is named."""
        text = "Email;Name\nz@x.com;Zo\u00eb\n".encode("cp1252")

        assert "such as cp1252" in take(text).err
        assert "Zo\ufffd" in take(text, "--dry-run").out
        assert take(text, "--dry-run", "--json").status == 2
        assert take(text, "--encoding", "windows-1252").status == 0
        assert shown(export)[0]["name"] == "Zo\u00eb"
        assert "there is no text encoding 'hex'" in take(text, "--encoding", "hex").mistake

    @pytest.mark.parametrize(
        ("flags", "mistake"),
        [
            (["--map", "Email"], "does not say what becomes of a column"),
            (["--map", "Email=e-mail"], "there is no field 'e-mail'; did you mean 'email'?"),
            (["--metadata-from", " "], "--metadata-from needs the name of a column"),
        ],
    )
    def test_mistakes(self, take: Command, flags: list[str], mistake: str) -> None:
        """An option that says nothing is a mistake of one line."""
        assert mistake in take(self.TEXT, *flags).mistake

    def test_in_the_files_words(self, take: Command) -> None:
        """What is wrong with a customer who is here already is told by the file's column."""
        take(lines_of(new_customer(1, external_id="cus_1", email="ann@x.com")))

        told = take(self.TEXT, "--map", "Notes=")

        assert told.err.splitlines()[0].startswith("line 2: Email: a customer has the same") or (
            told.err.splitlines()[0].startswith("line 2: id: a customer has the same")
        )

    @pytest.mark.processes
    @pytest.mark.parametrize("name", ["-", "/dev/stdin"])
    @pytest.mark.parametrize("kind", ["pipe", "file"])
    def test_standard_input(
        self, organization: str, export: Callable[..., str], tmp_path: Path, name: str, kind: str
    ) -> None:
        """Standard input is read, whether it is a pipe or a file; in two processes if it is large."""
        file = tmp_path / "large.ndjson"
        count = 400
        metadata = {f"k{at}": "y" * 500 for at in range(45)}
        file.write_text(lines_of(*(new_customer(n, metadata=metadata) for n in range(count))))
        assert CustomerFile(file).is_large
        words = [str(CLI), "customers", "import", name, "--organization", organization]
        with file.open("rb") as opened:
            done = subprocess.run(
                words,
                stdin=opened if kind == "file" else None,
                input=opened.read() if kind == "pipe" else None,
                capture_output=True,
                check=False,
            )

        assert (done.returncode, done.stderr) == (0, b"")
        assert export().count("\n") == count

    def test_a_fifo(self, icefloe: Command, organization: str, tmp_path: Path) -> None:
        """A fifo is read once, and copied for all that an import looks at."""
        pipe = tmp_path / "pipe"
        os.mkfifo(pipe)
        with ThreadPoolExecutor() as pool:
            pool.submit(pipe.write_text, "sep=;\nEmail;Name\na@x.com;A\nb@x.com;B\n")
            told = icefloe("customers", "import", pipe, "--organization", organization)

        assert told.out == "Added 2, updated 0, skipped 0.\n"

    def test_a_folder(self, icefloe: Command, organization: str, tmp_path: Path) -> None:
        """A folder is no file of customers."""
        told = icefloe("customers", "import", tmp_path, "--organization", organization)

        assert "is a folder" in told.mistake


class TestUpdates:
    """A table that has some columns changes those fields alone."""

    FULL: ClassVar[dict[str, Any]] = new_customer(
        1, billing_address=FRENCH, metadata={"plan": "pro", "seats": 3}, locale="fr-FR"
    )

    @pytest.fixture(autouse=True)
    def _here(self, take: Command, export: Callable[..., str]) -> None:
        take(lines_of(self.FULL))
        assert len(shown(export)) == 1

    @pytest.mark.parametrize(
        ("table", "changed"),
        [
            ("External ID,Name\nusr_1,Renamed\n", {"name": "Renamed", "billing_name": "Renamed"}),
            ("Email,Name\ncustomer1@example.com,\n", {"name": None, "billing_name": None}),
            (
                "Email,City\ncustomer1@example.com,Lyon\n",
                {"billing_address": {**FRENCH, "city": "Lyon", "line2": None, "postal_code": None,
                                     "state": None}},
            ),
            (
                "Email,metadata.plan,metadata.new\ncustomer1@example.com,,x\n",
                {"metadata": {"new": "x", "seats": 3}},
            ),
            ('Email,Metadata\ncustomer1@example.com,"{""a"": 1}"\n', {"metadata": {"a": 1}}),
        ],
    )  # fmt: skip
    def test_columns(
        self, take: Command, export: Callable[..., str], table: str, changed: dict[str, Any]
    ) -> None:
        """Fields without a column stay, and so do the parts of an address and keys of metadata."""
        (before,) = shown(export)

        told = take(table, "--on-conflict", "update")

        assert told.out == "Added 0, updated 1, skipped 0.\n", told.err
        (after,) = shown(export)
        ignored = {
            "modified_at": None,
            "owner": None,
        }  # an owner is a person with a name of its own
        assert {**after, **ignored} == {**before, **changed, **ignored}
        assert after["type"] == "individual"

    @pytest.mark.parametrize(
        ("table", "problem"),
        [
            ("External ID,Name\nnew,N\n", "line 2: email: an individual customer needs one"),
            ("Email,Name\n,N\n", "line 2: Email: an individual customer needs one"),
            ("External ID,Email\nusr_1,\n", "line 2: Email: an individual customer needs one"),
            ("Email,City\nnew@x.com,Lyon\n", "line 2: billing_address.country: an address needs one"),
            ("Email,City,Country\nn@x.com,Lyon,\n", "line 2: Country: an address needs one"),
        ],
    )  # fmt: skip
    def test_never_a_team(self, take: Command, table: str, problem: str) -> None:
        """Nobody becomes a team for want of an e-mail address, nor has an address without a country."""
        told = take(table, "--on-conflict", "update")

        assert told.status == 2
        assert told.err.splitlines()[0] == problem


class TestBadLines:
    """Lines that cannot be taken."""

    @pytest.mark.parametrize(
        ("line", "reason"),
        [
            ("{", "not JSON"),
            ("nonsense", "not JSON"),
            ("5", "must be an object: keys and values"),
            ("null", "must be an object: keys and values"),
            ("{}", "email: an individual customer needs one"),
            ('{"email": 5}', "email: must be text"),
            ('{"email": "ab"}', "email: must be an e-mail address such as"),
            ('{"email": "nobody"}', "email: must be an e-mail address such as"),
            ('{"email": "a@b\\u0000"}', "email: must not contain a NUL"),
            ('{"email": "a@b\\ud800"}', "email: must not contain a half"),
            ('{"email": "a@b", "name": "\\ud800"}', "name: must not contain a half"),
            ('{"email": "a@b", "id": "abc"}', "id: must be a UUID such as"),
            (
                '{"email": "a@b", "id": "0198f2a4-7c11-7a31-b1d2-6f0e5a4c3b21"}',
                "id: must be a UUID of version 4",
            ),
            (
                '{"email": "a@b", "created_at": "yesterday"}',
                "created_at: must be a moment such as 2027",
            ),
            (
                '{"email": "a@b", "created_at": "2026-01-01T00:00:00"}',
                "created_at: must have an offset from UTC",
            ),
            ('{"email": "a@b", "created_at": "0001-01-01T00:00:00+14:00"}', "created_at: "),
            ('{"email": "a@b", "created_at": "9999-12-31T23:59:59-14:00"}', "created_at: "),
            ('{"email": "a@b", "type": "company"}', "type: must be 'individual' or 'team'"),
            ('{"email": "a@b", "external_id": ""}', "external_id: must not be blank"),
            ('{"email": "a@b", "name": ["x"]}', "name: must be text"),
            ('{"email": "a@b", "tax_id": "DE1"}', "tax_id: must be a list"),
            ('{"email": "a@b", "billing_address": {}}', "billing_address.country: is needed"),
            ('{"email": "a@b", "metadata": {"a": null}}', "metadata.a"),
            ('{"email": "a@b", "metadata": {"a": [1]}}', "metadata.a"),
            ('{"email": "a@b", "metadata": {"a": NaN}}', "metadata.a"),
            ('{"email": "a@b", "metadata": {"a": 1e999}}', "metadata.a"),
            ('{"email": "a@b", "metadata": {"\\u0000": 1}}', "metadata.\\x00"),
            ('{"email": "a@b", "metadata": {"\\u001b[2J": null}}', "metadata.\\x1b[2J"),
            (
                '{"email": "a@b", "metadata": {'
                + ",".join(f'"k{at}": 1' for at in range(51))
                + "}}",
                "metadata: must have at most 50 entries",
            ),
            ('{"email": "a@b", "owner": "boss"}', "owner: "),
            ("[" * 100_000, "not JSON"),
            ("[5]", "item 1: must be an object: keys and values"),
            (
                '{"items": [{"email": "a@b"}, {}]}',
                "item 2: email: an individual customer needs one",
            ),
            (
                '{"email": "a@b", "email_verified": "yes"}',
                "email_verified: must be true or false",
            ),
        ],
    )
    def test_json(self, take: Command, export: Callable[..., str], line: str, reason: str) -> None:
        """A bad line is told with its number and reason, and nothing of the file is kept."""
        told = take(lines_of(ONE) + "\n" + line + "\n" + lines_of(TWO))

        *reasons, mistake = told.err.splitlines()
        assert told.status == 2
        assert len(reasons) == 1
        assert reasons[0].startswith("line 3")
        assert reason in reasons[0]
        assert mistake.startswith("icefloe: 1 bad line")
        assert mistake.endswith("was stored")
        assert told.out == ""
        assert export() == ""

    def test_what_is_wrong_is_not_shown(self, take: Command) -> None:
        """A reason names the field and not its value, which may be somebody's address."""
        told = take(lines_of({"email": "secret.person", "name": "Secret"}))

        assert "email" in told.err
        assert "secret" not in told.err.lower()

    def test_broken_text(self, take: Command) -> None:
        """A line that is no UTF-8 is told with its number."""
        told = take(lines_of(ONE).encode() + b'{"email": "a@b\xff"}\n')

        assert told.err.startswith("line 2: not JSON")

    @pytest.mark.parametrize(
        ("row", "reason"),
        [
            ("a,b", "has 2 columns, not 13"),
            ("abc,,,ann@x.com,,,,,,,,,", "ID: must be a UUID such as"),
            (",,yesterday,ann@x.com,,,,,,,,,", "Created At: must be a moment such as 2027"),
            (",,,ann@x.com,,,,,,,,,{", "Metadata: not JSON"),
            (",,,ann@x.com,,,,,,,,,5", "Metadata: must be a JSON object: keys and values"),
            (",,,ann@x.com,,12345,,,,,,,", "Tax ID: its format is unknown without"),
            (",,,ann@x.com,,12345,,,,,,FR,", "tax"),
            (
                ",,,ann@x.com,,,1 Quai,,,,,,",
                "Billing Address Country: is needed where there is an address",
            ),
            (',,,"ann@x.com"x,,,,,,,,,', "not CSV"),
        ],
    )
    def test_csv(self, take: Command, export: Callable[..., str], row: str, reason: str) -> None:
        """A bad row is told with the number of its line and a reason."""
        head = export("--format", "csv")
        good = f'{ONE["id"]},,2026-01-01T00:00:00Z,good@x.com,"Good\r\n",,,,,,,,\r\n'

        told = take(head + good + row + "\r\n")

        assert told.err.startswith("line 4: ")
        assert reason.lower() in told.err.lower()
        assert export() == ""

    def test_broken_text_in_csv(self, take: Command, export: Callable[..., str]) -> None:
        """A row that is no UTF-8 is told, with its line, its column and what to do."""
        told = take(export("--format", "csv").encode() + b",,,ann@x.com,\xff,,,,,,,,\r\n")

        assert told.err.startswith("line 2: Name: is not in the encoding that the file is read in")
        assert "such as cp1252" in told.err
        assert told.status == 2

    @pytest.mark.parametrize(
        "content", ["nonsense", "5", '"text"', "a,b,c\n1,2,3", "\0", "a;b\n\0"]
    )
    def test_neither(self, take: Command, content: str) -> None:
        """A file that is neither JSON nor a table of customers is told so."""
        told = take(content.encode("latin-1"))

        assert told.status == 2
        assert "neither JSON nor a CSV of customers" in told.err.splitlines()[0]

    @pytest.mark.parametrize(
        ("content", "reason"),
        [
            ("{\n  nonsense\n}", "line 2: not JSON from character 3 on"),
            ('{"email":\n"a@b"}\n{"email": "a@b"', "line 3: not JSON from character 16 on"),
            ('{"email":\n"a@b",\n"email": 1}', "line 1: email: there are two such keys"),
            ("[\n" + "[" * 100_000, "line 1: not JSON: too many values within values"),
            ('{"email":\n1' + "0" * 5000 + "}", "line 1: not JSON: too many"),
        ],
    )
    def test_document(self, take: Command, content: str, reason: str) -> None:
        """What is wrong with JSON over several lines is told with the line, in plain words."""
        told = take(content)

        assert told.err.startswith(reason)
        assert told.status == 2

    def test_many(self, take: Command) -> None:
        """Of many bad lines the first twenty are told, and how many more there are."""
        told = take(lines_of(*({"email": "bad", "id": f"{at}"} for at in range(50))))

        assert len(told.err.splitlines()) == 22
        assert "… and 30 more" in told.err
        assert "50 bad lines" in told.err


class TestConflicts:
    """Customers who are here already."""

    @pytest.fixture(autouse=True)
    def _here(self, take: Command, export: Callable[..., str]) -> None:
        take(lines_of(ONE))
        assert len(shown(export)) == 1

    def test_fail(self, take: Command, export: Callable[..., str]) -> None:
        """As a rule nothing is kept, and what is the same is told."""
        for flags in ([], ["--on-conflict", "fail"]):
            told = take(lines_of(TWO, {**THREE, "email": "CUSTOMER1@example.com"}), *flags)

            assert told.status == 2
            assert told.err.startswith("line 2: email: a customer has the same already\n")
            assert len(shown(export)) == 1

    def test_skip(self, take: Command, export: Callable[..., str]) -> None:
        """They can be left as they are."""
        told = take(lines_of({**ONE, "name": "Renamed"}, TWO), "--on-conflict", "skip")

        assert told.out == "Added 1, updated 0, skipped 1.\n"
        assert [one["name"] for one in shown(export)] == ["Customer 1", "Customer 2"]

    def test_update(self, take: Command, export: Callable[..., str]) -> None:
        """They can take the file's values, and keep the rest."""
        line = {"email": "CUSTOMER1@example.com", "name": "Renamed", "metadata": {"a": 1}}

        told = take(lines_of(line, TWO), "--on-conflict", "update")

        assert told.out == "Added 1, updated 1, skipped 0.\n"
        first = shown(export)[0]
        assert (first["name"], first["metadata"], first["external_id"], first["id"]) == (
            "Renamed", {"a": 1}, "usr_1", ONE["id"],
        )  # fmt: skip

    def test_anything_else(self, take: Command) -> None:
        """Any other way is no way."""
        assert "--on-conflict" in take(lines_of(ONE), "--on-conflict", "merge").mistake

    def test_dry_run(self, take: Command, export: Callable[..., str]) -> None:
        """A dry run tells what would come of it, and keeps nothing."""
        lines = lines_of({**ONE, "name": "Renamed"}, TWO, THREE)

        told = take(lines, "--on-conflict", "update", "--dry-run")

        assert told.out == "Would have added 2, updated 1, skipped 0.\n"
        assert [one["name"] for one in shown(export)] == ["Customer 1"]
        assert take(lines, "--dry-run").status == 2

    def test_for_programs(self, take: Command) -> None:
        """What came of it can be had as JSON, a failure too."""
        done = take(lines_of(TWO), "--json").json
        assert done == {
            "added": 1, "updated": 0, "skipped": 0, "failed": 0, "failures": [], "dry_run": False,
        }  # fmt: skip

        failed = take(lines_of(TWO, THREE), "--json")
        assert failed.status == 2
        assert failed.json["failed"] == 1
        assert failed.json["failures"] == [
            ["line 1", "email: a customer has the same already"]
        ] or (failed.json["failures"][0][0] == "line 1")

    @pytest.mark.parametrize("organization_id", ["abc", OTHER])
    def test_no_organization(self, icefloe: Command, organization_id: str, tmp_path: Path) -> None:
        """Customers are taken in for an organization that there is."""
        words = ("customers", "import", tmp_path / "customers", "--organization", organization_id)

        assert organization_id in icefloe(*words).mistake


@pytest.mark.processes
def test_interrupted(organization: str, export: Callable[..., str], tmp_path: Path) -> None:
    """Ctrl-C ends an import at once, without a traceback, and nothing of the file is kept."""
    file = tmp_path / "many.ndjson"
    with file.open("w") as opened:
        name = "x" * 100
        opened.writelines(
            f'{{"email": "{number}@example.com", "name": "{name}"}}\n' for number in range(100_000)
        )
    assert CustomerFile(file).is_large
    words = [str(CLI), "customers", "import", str(file), "--organization", organization]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    log = tmp_path / "icefloe.db-wal"
    while process.poll() is None and not (log.exists() and _is_reading(process.pid, file)):
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=120)

    assert process.returncode == 130, err
    assert "Traceback" not in err
    assert out == ""
    assert export() == ""


def _is_reading(process: int, file: Path) -> bool:
    """Whether a process, or one that it started, has a file open."""
    folder = Path("/proc", str(process))
    try:
        if any(link.resolve() == file for link in (folder / "fd").iterdir()):
            return True
        started = [path.read_text().split() for path in folder.glob("task/*/children")]
    except OSError:
        return False
    return any(_is_reading(int(child), file) for children in started for child in children)
