"""Any command line, any database's URL: a mistake is one line and status 2, never a stack trace."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from icefloe import database_url
from icefloe.domain.values.errors import ConfigurationError
from support import CLI, Command, run_cli, run_here

pytestmark = pytest.mark.processes  # or a connection that is refused

UUID = "1dbfc517-0bbf-4301-9ba8-555ca42b9737"
# One that is nowhere else in a message.
PASSWORD = "Hu5hHu5h"  # noqa: S105 - shown to be hidden
# Nothing listens there: a URL that can be read ends at once.
CLOSED = "127.0.0.1:1"

WORDS = st.one_of(
    st.sampled_from(
        [
            "",
            "-",
            "--",
            "0",
            "-1",
            "0x10",
            "99999",
            "1e9",
            "[::1",
            "::",
            "a b",
            "\udcff",
            "~none/x",
            "/dev/full",
            "/dev/null",
            "/nonexistent/b.db",
            ".",
            "/",
            "x" * 300,
            UUID,
            "٣",
            "1d",
            "nan",
            "2027-13-01",
            f"postgresql://u:{PASSWORD}/x@{CLOSED}/d",
            "postgresql://[::1",
            "host=",
            "--json",
        ]
    ),
    # An argument of a process has no zero byte.
    st.text(st.characters(exclude_characters="\0"), max_size=12),
)
# Each command, and what keeps those that would go on for long from it.
COMMANDS = [
    ["serve", "--seed", "nowhere.yaml"],
    ["demo", "--host", "256.0.0.1"],
    ["record", "http://127.0.0.1:1", "token"],
    ["settings"],
    ["organizations", "create"],
    ["organizations", "list"],
    ["tokens", "create", "--organization", UUID, "--name", "t", "--scope", "customers:read"],
    ["tokens", "list"],
    ["tokens", "revoke"],
    ["people", "list"],
    ["people", "remove"],
    ["people", "create", "a@example.com", "--password-stdin"],
    ["people", "join", "a@example.com", "--organization", UUID],
    ["customers", "import", "--organization", UUID],
    ["customers", "export", "--organization", UUID],
    ["database", "status"],
    ["database", "migrate"],
    ["database", "check"],
    ["database", "backup"],
    ["database", "restore"],
    ["database", "copy"],
]
OPTIONS = [
    "--database",
    "--port",
    "--host",
    "--workers",
    "--organization",
    "--expires-in",
    "--expires-at",
    "--read-database",
    "--rate-limit",
    "--tls",
    "--log-format",
    "--format",
    "--id",
    "--slug",
    "--on-conflict",
    "--map",
    "--metadata-from",
    "--encoding",
    "--role",
    "--name",
]


@pytest.fixture(scope="module", autouse=True)
def _folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("mistakes")
        patch.chdir(folder)
        patch.setenv("XDG_CONFIG_HOME", str(folder / "config"))
        patch.setenv("XDG_DATA_HOME", str(folder / "data"))
        patch.setenv("ICEFLOE_DATABASE", str(folder / "icefloe.db"))
        yield


class TestCommandLine:
    """Words that mean nothing."""

    @settings(
        max_examples=150, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
    )
    @given(
        st.sampled_from(COMMANDS),
        st.lists(WORDS, max_size=3),
        st.lists(st.tuples(st.sampled_from(OPTIONS), WORDS), max_size=2),
    )
    def test_any_words(
        self, command: list[str], words: list[str], options: list[tuple[str, str]]
    ) -> None:
        """A command does its work or says in one line why not; it shows no password."""
        given_ = [word for option in options for word in option]

        told = run_here(*command, *words, *given_, check=False)

        assert told.status in {0, 2}, told
        if told.status == 2:
            assert told.err.splitlines()[-1].startswith("icefloe: "), told
        assert "Traceback" not in told.err
        assert PASSWORD not in told.err

    @pytest.mark.parametrize(
        ("words", "reason"),
        [
            (["serve", "--port", "99999"], "port"),
            (["organizations", "list", "--database", "[::1"], None),
            (["organizations", "list", "--database", "postgresql://[::1"], "cannot be read"),
            (["organizations", "list", "--database", "postgresql://h:99999/d"], "1 to 65535"),
            (
                ["organizations", "list", "--database", "~nobody-here/x.db"],
                "cannot be a database's path",
            ),
            (["organizations", "list", "--database", "a\x00b"], "cannot be a database's path"),
            (["database", "backup", "/nonexistent/b.db"], "cannot write /nonexistent/b.db"),
            (
                [
                    "customers",
                    "export",
                    "/dev/full",
                    "--organization",
                    "ORGANIZATION",
                    "--format=csv",
                ],
                "No space left",
            ),
            (["customers", "export", "/", "--organization", "ORGANIZATION"], "Is a directory"),
        ],
    )
    def test_known(self, icefloe: Command, words: list[str], reason: str | None) -> None:
        """What used to end in a stack trace is one line."""
        made = icefloe("organizations", "create", "Acme", "--json").json["id"]
        told = icefloe(*[made if word == "ORGANIZATION" else word for word in words])

        if reason is None:
            assert told.status == 0  # a path like any other
        else:
            assert reason in told.mistake

    def test_a_long_hexadecimal_number_in_a_seed(self, icefloe: Command, tmp_path: Path) -> None:
        """A number that no JSON could hold is named with its line."""
        seed = tmp_path / "seed.yaml"
        seed.write_text(f"organizations:\n- name: A\n  seed: 0x{'f' * 5000}\n", "utf-8")

        assert "seed.yaml, line 3" in icefloe("serve", "--seed", seed).mistake

    def test_full_output(self) -> None:
        """Standard output that takes nothing is one line; a reader that has gone is none."""
        with Path("/dev/full").open("wb") as full:
            done = subprocess.run(
                [str(CLI), "settings"], stdout=full, stderr=subprocess.PIPE, check=False, text=True
            )
        assert (done.returncode, done.stderr.count("\n")) == (2, 1)
        assert "No space left" in done.stderr

        reading, writing = os.pipe()
        os.close(reading)
        done = subprocess.run(
            [str(CLI), "settings", "--json"],
            stdout=writing,
            stderr=subprocess.PIPE,
            check=False,
            text=True,
        )
        os.close(writing)
        assert (done.returncode, done.stderr) == (1, "")


NAMES = st.sampled_from(
    [
        "sslmode",
        "connect_timeout",
        "Channel_Binding",
        "schema",
        "pgbouncer",
        "connection_limit",
        "keepalives",
        "keepalives_idle",
        "application_name",
        "options",
        "password",
        "port",
        "host",
        "sslrootcert",
        "unheard_of",
        "prepared_statements",
        "statement_cache_size",
        "a.b",
        "sslmdoe",
        "",
    ]
)
VALUES = st.one_of(
    st.text(max_size=8), st.sampled_from(["require", "10", "true", "off", "'", "a=b"])
)


class TestUrls:
    """Names of databases."""

    @settings(max_examples=400, deadline=None, derandomize=True)
    @given(
        st.sampled_from(["postgresql://", "POSTGRES://", "postgresql+asyncpg://", "mysql://", ""]),
        st.one_of(
            st.text(max_size=6),
            st.sampled_from([f"u:{PASSWORD}", f"u:{PASSWORD}/x", f"u:a?{PASSWORD}#"]),
        ),
        st.sampled_from(["@h", "@[::1]:5432", "@[::1", "@h:99999", "@h:x,b:2", "@", "@h%2Fx"]),
        st.sampled_from(["/d", "", "/d/e", "/%ff", "/d@e"]),
        st.lists(st.tuples(NAMES, VALUES), max_size=3),
    )
    def test_any_url(
        self, scheme: str, user: str, host: str, path: str, options: list[tuple[str, str]]
    ) -> None:
        """A URL is read, or refused by a sentence; and never shown with its password."""
        query = "&".join(f"{name}={value}" for name, value in options)
        url = f"{scheme}{user}{host}{path}{'?' if query else ''}{query}"

        try:
            told = database_url.read_postgres(url).shown if scheme[:4] != "mysq" else ""
        except ConfigurationError as error:
            told = str(error)

        assert PASSWORD not in told
        if scheme:
            assert PASSWORD not in database_url.without_password(url)

    @settings(max_examples=100, deadline=None, derandomize=True)
    @given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12))
    def test_any_password(self, password: str) -> None:
        """A password of any characters is understood, encoded in a URL and quoted among keywords."""
        encoded = quote(password, safe="")
        quoted = password.replace("\\", "\\\\").replace("'", "\\'")
        for before, written, after in (
            ("postgresql://u:", encoded, "@h/d"),
            ("postgresql://h/d?user=u&password=", encoded, ""),
            ("host=h dbname = d user=u password=", f"'{quoted}'", ""),
        ):
            found = database_url.read_postgres(f"{before}{written}{after}")

            assert (found.user, found.password, found.database) == ("u", password, "d")
            assert found.hosts == ("h",)
            shown = database_url.without_password(f"{before}{written}{after}")
            assert shown == f"{before}***{after}"

    @pytest.mark.parametrize(
        "url",
        [
            f"postgresql://u:{PASSWORD}@h/d",
            f"postgresql://u:{PASSWORD}/x@h/d",
            f"postgresql://u:x/{PASSWORD}@h/d",
            f"postgresql://u:x?{PASSWORD}@h/d",
            f"postgresql://u:x#{PASSWORD}@h/d",
            f"postgresql://h/d?password={PASSWORD}",
            f"postgresql://h/d?pass%77ord={PASSWORD}",
            f"postgresql://h/d?sslmode=require&SSLPassword={PASSWORD}",
            f"host=h password={PASSWORD}",
            f"host=h PASSWORD = 'x {PASSWORD}",
        ],
    )
    def test_hidden(self, icefloe: Command, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
        """Nothing shows a password, whether the URL can be read or not."""
        monkeypatch.setenv("ICEFLOE_DATABASE", url)
        monkeypatch.setenv("ICEFLOE_READ_DATABASE", url)

        for words in (["settings"], ["settings", "--json"]):
            told = icefloe(*words)
            assert told.status == 0
            assert "***" in told.out
            assert PASSWORD not in told.out + told.err


def test_a_process_tells_it_too() -> None:
    """What is no text on the command line is shown as a shell writes it."""
    done = run_cli("database", "status", "--database", os.fsdecode(b"no\xff.db"), check=False)

    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
