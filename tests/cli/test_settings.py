"""Settings: a flag, a variable, a file, a default; and each says where it came from."""

from pathlib import Path
from typing import Any

import pytest

from icefloe import settings
from icefloe.domain.values.errors import ConfigurationError
from support import Command


class TestLoad:
    """Which of several values counts."""

    @pytest.fixture(autouse=True)
    def _nowhere(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))

    def test_defaults(self) -> None:
        """What is not set has its default."""
        loaded = settings.load({}, {})

        assert set(loaded.sources.values()) == {"default"}
        assert set(loaded.sources) == set(settings.Settings.model_fields)
        assert (loaded.settings.host, loaded.settings.port) == ("127.0.0.1", 8000)
        assert (loaded.settings.workers, loaded.settings.log_format) == (None, "auto")
        assert loaded.settings.database.endswith("icefloe.db")
        assert loaded.settings.secret is None

    def test_each_comes_before_the_next(self, tmp_path: Path) -> None:
        """A flag comes before a variable, that before a file, and that before the default."""
        (tmp_path / "icefloe.toml").write_text('port = 1\nhost = "file"\nworkers = 3\n')
        variables = {"ICEFLOE_PORT": "2", "ICEFLOE_HOST": "variable"}

        loaded = settings.load({"port": 3, "host": None}, variables)

        chosen = loaded.settings
        assert (chosen.port, chosen.host, chosen.workers) == (3, "variable", 3)
        assert chosen.log_format == "auto"
        assert {
            name: loaded.sources[name] for name in ("port", "host", "workers", "log_format")
        } == {
            "port": "--port",
            "host": "ICEFLOE_HOST",
            "workers": "icefloe.toml",
            "log_format": "default",
        }

    def test_which_file(self, tmp_path: Path) -> None:
        """The file that is named comes before the folder's, and that before the user's."""
        user = tmp_path / "config" / "icefloe" / "icefloe.toml"
        user.parent.mkdir(parents=True)
        user.write_text("port = 1\n")
        assert settings.load({}, {}).settings.port == 1
        assert settings.load({}, {}).sources["port"] == str(user)

        (tmp_path / "icefloe.toml").write_text("port = 2\n")
        assert settings.load({}, {}).settings.port == 2

        named = tmp_path / "named.toml"
        named.write_text("port = 3\n")
        loaded = settings.load({}, {"ICEFLOE_CONFIG": str(named)})
        assert (loaded.settings.port, loaded.sources["port"]) == (3, str(named))

    def test_empty_variables(self) -> None:
        """An empty variable sets nothing."""
        loaded = settings.load({}, {"ICEFLOE_PORT": "", "ICEFLOE_CONFIG": ""})

        assert (loaded.settings.port, loaded.sources["port"]) == (8000, "default")

    def test_a_list(self) -> None:
        """A list is written with commas in a variable, as a list in a file."""
        loaded = settings.load({}, {"ICEFLOE_CREDENTIAL_ORIGINS": "http://a, http://b ,"})
        assert loaded.settings.credential_origins == ("http://a", "http://b")

        Path("icefloe.toml").write_text('credential_origins = ["http://c"]\n')
        assert settings.load({}, {}).settings.credential_origins == ("http://c",)

    @pytest.mark.parametrize(
        ("text", "number"),
        [("production", 500), ("sandbox", 100), ("7/min", 7), ("0100/min", 100), (None, None)],
    )
    def test_rate_limits(self, text: str | None, number: int | None) -> None:
        """A rate limit is one of the reference's by name, or a number of requests a minute."""
        assert settings.load({"rate_limit": text}, {}).settings.requests_per_minute == number

    @pytest.mark.parametrize(
        ("flags", "variables", "mistake"),
        [
            ({"port": -1}, {}, r"port \(from --port\)"),
            ({"port": 65536}, {}, r"port \(from --port\)"),
            ({}, {"ICEFLOE_PORT": "http"}, r"port \(from ICEFLOE_PORT\)"),
            ({"workers": 0}, {}, r"workers \(from --workers\)"),
            ({"workers": 65}, {}, r"workers \(from --workers\)"),
            (
                {"log_format": "xml"},
                {},
                r"log_format \(from --log-format\).*'auto', 'text' or 'json'",
            ),
            (
                {"rate_limit": "fast"},
                {},
                r"'fast' is no rate limit; use production, sandbox or a number such as 100/min$",
            ),
            ({}, {"ICEFLOE_RATE_LIMIT": "0/min"}, r"rate_limit \(from ICEFLOE_RATE_LIMIT\)"),
            ({"rate_limit": "1.5/min"}, {}, r"^rate_limit \(from --rate-limit\): '1.5/min' is no"),
            ({}, {"ICEFLOE_RATE_LIMIT": "100"}, r"rate_limit \(from ICEFLOE_RATE_LIMIT\)"),
            ({}, {"ICEFLOE_RATE_LIMIT": "-1/min"}, r"rate_limit \(from ICEFLOE_RATE_LIMIT\)"),
            ({}, {"ICEFLOE_RATE_LIMIT": "5/sec"}, r"rate_limit \(from ICEFLOE_RATE_LIMIT\)"),
            ({}, {"ICEFLOE_PUBLIC_URL": "example.com"}, r"public_url \(from ICEFLOE_PUBLIC_URL\)"),
            ({"public_url": "https://a/b"}, {}, r"public_url \(from --public-url\): 'https://a/b'"),
            ({"public_url": "ftp://a"}, {}, r"a scheme and a host"),
            ({"public_url": "https://a:b@c"}, {}, r"a scheme and a host"),
            ({"base_path": "icefloe"}, {}, r"base_path \(from --base-path\): 'icefloe' is no base"),
            ({"base_path": "/a//b"}, {}, r"a slash and a name"),
            ({"base_path": "/a/../b"}, {}, r"a slash and a name"),
            ({"base_path": "/a?b"}, {}, r"a slash and a name"),
            ({}, {"ICEFLOE_CONFIG": "nowhere.toml"}, r"nowhere\.toml cannot be read"),
        ],
    )
    def test_mistakes(self, flags: dict[str, Any], variables: dict[str, str], mistake: str) -> None:
        """A value that cannot be used is told with where it came from."""
        with pytest.raises(ConfigurationError, match=mistake):
            settings.load(flags, variables)

    @pytest.mark.parametrize(
        ("text", "mistake"),
        [
            ("prot = 1", "there is no setting 'prot'; did you mean 'port'"),
            ("log-format = 'json'", "there is no setting 'log-format'; did you mean 'log_format'"),
            ("zzz = 1", "there is no setting 'zzz'$"),
            ("port = ", "cannot be read"),
            ("port = '\xff'", "cannot be read"),
            ("[port]\nx = 1", r"port \(from icefloe.toml\)"),
            ("secret = ''", r"secret \(from icefloe.toml\)"),
            ("rate_limit = 5", r"rate_limit \(from icefloe.toml\): 5 is no rate limit"),
            ("secret = 5", r"secret \(from icefloe.toml\)"),
        ],
    )
    def test_mistakes_in_a_file(self, text: str, mistake: str) -> None:
        """A setting that there is not is told, with the one that was probably meant."""
        Path("icefloe.toml").write_bytes(text.encode("latin-1"))

        with pytest.raises(ConfigurationError, match=mistake):
            settings.load({}, {})

    def test_a_secret_is_not_told(self) -> None:
        """A secret that cannot be used is not shown."""
        Path("icefloe.toml").write_text("secret = ['hush']")

        with pytest.raises(ConfigurationError) as refused:
            settings.load({}, {})
        assert "hush" not in str(refused.value)

    @pytest.mark.parametrize(
        ("name", "given", "value"),
        [
            ("public_url", "HTTPS://Example.com:8443/", "https://example.com:8443"),
            ("public_url", "http://[::1]:80", "http://[::1]:80"),
            ("base_path", "/icefloe/", "/icefloe"),
            ("base_path", "/a/b-c.d", "/a/b-c.d"),
            ("base_path", "/", ""),
        ],
    )
    def test_standardised(self, name: str, given: str, value: str) -> None:
        """Where clients reach the server is taken as people write it."""
        assert getattr(settings.load({name: given}, {}).settings, name) == value

    @pytest.mark.parametrize("text", ["hush", "x" * 31])
    def test_a_short_secret(self, text: str) -> None:
        """A secret of fewer than 32 characters is refused, and not shown."""
        with pytest.raises(
            ConfigurationError, match=r"secret \(from ICEFLOE_SECRET\): .* 32 random char"
        ) as no:
            settings.load({}, {"ICEFLOE_SECRET": text})

        assert text not in str(no.value)
        assert settings.load({}, {"ICEFLOE_SECRET": text.ljust(32, "y")}).settings.secret

    def test_handed_on(self) -> None:
        """The variables made for another process give it the same settings, but for the secret."""
        flags = {
            "port": 1234,
            "host": "::1",
            "workers": 3,
            "log_format": "json",
            "database": "x y.db",
            "credential_origins": ("http://a", "http://b"),
            "secret": "hush" * 8,
        }
        given = settings.load(flags, {}).settings

        variables = settings.to_environment(given)

        assert "hush" not in str(variables)
        again = settings.load({}, variables).settings
        assert again == given.model_copy(update={"secret": None})


class TestShow:
    """`icefloe settings`."""

    def test_for_people(self, icefloe: Command, monkeypatch: pytest.MonkeyPatch) -> None:
        """Each setting is shown with its value and where that came from; a secret never is."""
        monkeypatch.setenv("ICEFLOE_PORT", "1234")
        monkeypatch.setenv("ICEFLOE_SECRET", "hush hush" * 4)
        Path("icefloe.toml").write_text("workers = 2\n")

        told = icefloe("settings")

        lines = {line.split()[0]: line.split() for line in told.out.splitlines()}
        assert lines["port"] == ["port", "1234", "ICEFLOE_PORT"]
        assert lines["workers"] == ["workers", "2", "icefloe.toml"]
        assert lines["host"] == ["host", "127.0.0.1", "default"]
        assert lines["database"][2] == "ICEFLOE_DATABASE"
        assert lines["secret"][2] == "ICEFLOE_SECRET"
        assert "hush" not in told.out

    def test_for_programs(self, icefloe: Command) -> None:
        """The same as JSON."""
        shown = icefloe("settings", "--json").json

        assert set(shown) == set(settings.Settings.model_fields)
        assert shown["port"] == {"value": 8000, "source": "default"}
        assert shown["secret"] == {"value": None, "source": "default"}
        assert shown["database"]["source"] == "ICEFLOE_DATABASE"

    def test_mistakes(self, icefloe: Command) -> None:
        """A mistake in the file is one line, of any command."""
        Path("icefloe.toml").write_text("prot = 1\n")

        assert "did you mean 'port'" in icefloe("settings").mistake
        assert "did you mean 'port'" in icefloe("organizations", "list").mistake
