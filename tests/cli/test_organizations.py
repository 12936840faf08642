"""`icefloe organizations`: make and list them."""

from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest

from support import Command

SAMPLE = "1dbfc517-0bbf-4301-9ba8-555ca42b9737"


class TestCreate:
    """`icefloe organizations create`."""

    def test_for_people(self, icefloe: Command) -> None:
        """A new organization is told with its id, name and slug."""
        told = icefloe("organizations", "create", "Arctic Fish")

        identifier, _, rest = told.out.strip().partition("  ")
        assert (told.status, told.err) == (0, "")
        assert UUID(identifier).version == 4
        assert rest == f"Arctic Fish (arctic-fish-{identifier[:8]})"

    def test_for_programs(self, icefloe: Command) -> None:
        """The same as JSON, with an id and a slug that are given."""
        told = icefloe(
            "organizations", "create", "Acme", "--id", SAMPLE.upper(), "--slug", "acme", "--json"
        )

        assert list(told.json) == ["id", "name", "slug", "created_at"]
        assert (told.json["id"], told.json["slug"]) == (SAMPLE, "acme")

    @pytest.mark.parametrize(
        ("words", "mistake"),
        [
            ([""], "a name has 1 to 256 characters"),
            (["x" * 257], "a name has 1 to 256 characters"),
            (["x", "--slug", "Not A Slug"], "'Not A Slug' is not a slug"),
            (["x", "--id", "abc"], "id 'abc' is not a UUID"),
            (["x", "--id", "6fa459ea-ee8a-11ca-894e-db77e160355e"], "not a UUID of version 4"),
            (["x", "y"], "unexpected extra argument"),
            ([], "Missing argument 'NAME'"),
            (["x", "--slugg", "a"], "No such option"),
        ],
    )
    def test_mistakes(self, icefloe: Command, words: list[str], mistake: str) -> None:
        """A user's mistake is one line that says what it is."""
        assert mistake.lower() in icefloe("organizations", "create", *words).mistake.lower()

    @pytest.mark.parametrize("field", ["id", "slug"])
    def test_taken(self, icefloe: Command, field: str) -> None:
        """An id or slug that is taken is told."""
        value = {"id": SAMPLE, "slug": "acme"}[field]
        assert icefloe("organizations", "create", "A", f"--{field}", value).status == 0

        told = icefloe("organizations", "create", "B", f"--{field}", value)

        assert told.mistake == f"there is an organization with that {field} already"

    def test_another_database(self, icefloe: Command, tmp_path: Path) -> None:
        """A flag names another database than the one that is set."""
        other = str(tmp_path / "folder" / "other.db")

        assert icefloe("organizations", "create", "A", "--database", other).status == 0

        assert len(icefloe("organizations", "list", "--json", "--database", other).json) == 1
        assert icefloe("organizations", "list", "--json").json == []


class TestList:
    """`icefloe organizations list`."""

    def test_none(self, icefloe: Command) -> None:
        """Where there is none, the command to make one is told."""
        assert "icefloe organizations create" in icefloe("organizations", "list").out
        assert icefloe("organizations", "list", "--json").json == []

    def test_some(self, icefloe: Command, make_organization: Callable[..., str]) -> None:
        """They are listed oldest first, a line each, whatever the width of a pipe."""
        made = [make_organization(name) for name in ("Zoë's", "x" * 200)]

        head, *lines = icefloe("organizations", "list").out.splitlines()

        assert head.split() == ["ID", "Name", "Slug", "Created"]
        assert [line.split()[0] for line in lines] == made
        assert [one["id"] for one in icefloe("organizations", "list", "--json").json] == made


def test_help(icefloe: Command) -> None:
    """Without a subcommand its help is shown, which is no mistake."""
    told = icefloe("--help")

    assert told.status == 0
    for command in ("serve", "settings", "organizations", "tokens", "customers"):
        assert command in told.out


@pytest.mark.parametrize("words", [["nope"], ["organizations", "nope"], ["--nope"]])
def test_no_such_command(icefloe: Command, words: list[str]) -> None:
    """A command that there is not is one line, and where help is."""
    assert "--help" in icefloe(*words).mistake


def test_version(icefloe: Command) -> None:
    """The version is the package's."""
    assert icefloe("--version").out.strip().split(".")[0].isdigit()
