"""`icefloe tls`, and `serve --tls`: HTTPS by an authority of this machine's own."""

import errno
import shutil
import ssl
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

import plain_http
from icefloe import settings
from icefloe.assembly import open_services
from icefloe.serving import address, tls
from support import (
    Command,
    Organization,
    make_organization_of,
    new_customer,
    run,
    run_cli,
    serving,
    start_server,
)

CURL = shutil.which("curl") or "curl"


@pytest.fixture
def authority(icefloe: Command) -> Path:
    """The certificate of the user's authority."""
    return Path(icefloe("tls").out.strip())


def context_of(authority: Path, version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3) -> ssl.SSLContext:
    """What a client that is strict, and trusts nobody else, checks a server by."""
    context = ssl.create_default_context(cafile=str(authority))
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    context.maximum_version = version
    return context


def ask(url: str, name: str, context: ssl.SSLContext) -> httpx.Response:
    """Ask a server as if it were the one of a name."""
    with httpx.Client(verify=context, timeout=120) as client:
        return client.get(f"{url}/readyz", extensions={"sni_hostname": name})


class TestCommand:
    """`icefloe tls`."""

    def test_shows_where_it_is(self, icefloe: Command, authority: Path) -> None:
        """It makes an authority once, shows its certificate's path, and keeps its key to the user."""
        told = icefloe("tls", "--json").json
        key = Path(told["key"])
        text = authority.read_text()

        assert told == {"certificate": str(authority), "key": str(key)}
        assert text.startswith("-----BEGIN CERTIFICATE-----")
        assert "KEY" not in text
        assert text in key.read_text()
        assert key.stat().st_mode & 0o777 == 0o600
        assert icefloe("tls").out == f"{authority}\n"
        assert authority.read_text() == text

    @pytest.mark.processes
    def test_made_by_several_at_once(self, icefloe: Command) -> None:
        """Processes that make it at once agree on one."""
        with ThreadPoolExecutor(3) as threads:
            (path,) = {
                Path(done.stdout.strip())
                for done in threads.map(lambda _: run_cli("tls"), range(3))
            }

        assert path.read_text() in Path(icefloe("tls", "--json").json["key"]).read_text()
        assert len(list(path.parent.iterdir())) == 2

    def test_a_certificate_that_was_removed(self, icefloe: Command, authority: Path) -> None:
        """The certificate is there again while the key is."""
        text = authority.read_text()
        authority.unlink()

        assert icefloe("tls").status == 0
        assert authority.read_text() == text

    def test_not_an_authority(self, icefloe: Command, authority: Path) -> None:
        """A file that is none is told, and left as it is."""
        key = authority.with_name("ca-key.pem")
        key.write_text("nonsense")

        mistake = icefloe("tls").mistake

        assert mistake.startswith(f"the certificate authority in {key} cannot be used (")
        assert key.read_text() == "nonsense"

    def test_without_the_library(self, icefloe: Command, monkeypatch: pytest.MonkeyPatch) -> None:
        """Where the part of the installation is missing, it is told how to have it."""
        monkeypatch.setitem(sys.modules, "trustme", None)

        for words in (["tls"], ["serve", "--temporary", "--port", "0", "--tls", "api.polar.sh"]):
            assert icefloe(*words).mistake.endswith("pip install 'icefloe[tls]'")


class TestPort:
    """Which port HTTPS has."""

    @pytest.mark.parametrize(
        ("flags", "variables", "port"),
        [
            ({"tls": ("a.example",)}, {}, 443),
            ({}, {"ICEFLOE_TLS": "a.example, b.example"}, 443),
            ({"tls": ("a.example",), "port": 8443}, {}, 8443),
            ({"tls": ("a.example",)}, {"ICEFLOE_PORT": "8000"}, 8000),
            ({}, {}, 8000),
        ],
    )
    def test_port(self, flags: dict[str, object], variables: dict[str, str], port: int) -> None:
        """It is HTTPS's own, unless one is set."""
        loaded = settings.load(flags, variables)

        assert tls.settle(loaded, loaded.settings).port == port

    def test_not_permitted(self) -> None:
        """A port that is not everybody's is told with the ways to have it."""
        advice = address.advise(PermissionError(errno.EACCES, "Permission denied"))

        assert advice.startswith("choose another with --port, or")
        assert "ip_unprivileged_port_start" in advice
        assert "setcap" in advice


class TestNames:
    """The names that a certificate is for."""

    @pytest.mark.parametrize("name", ["", "a b", "a@b.example", "https://a", "-a", "10.0.0.0/8"])
    def test_no_name(self, icefloe: Command, name: str) -> None:
        """What is no name is told, and nothing is made for it."""
        told = icefloe("serve", "--temporary", "--port", "0", "--tls", name)

        assert f"{name!r} is not a name to have a certificate for" in told.mistake

    @pytest.mark.processes
    def test_certified(self, authority: Path, tmp_path: Path) -> None:
        """A strict client believes the server under each of them, and under the machine's own."""
        names = ["--tls", "api.polar.sh", "--tls", "*.Example.com", "--tls", "192.0.2.7"]
        context = context_of(authority)
        with serving(tmp_path / "log", "--temporary", *names) as (_, url):
            assert url.startswith("https://127.0.0.1:")
            for name in ("api.polar.sh", "sub.example.com", "192.0.2.7", "localhost", "::1"):
                assert ask(url, name, context).status_code == 200
            for name in ("polar.sh", "example.com", "192.0.2.8"):
                with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
                    ask(url, name, context)


@pytest.mark.processes
class TestServe:
    """A server that speaks HTTPS."""

    @pytest.fixture(params=["1", "2"])
    def organization(
        self, request: pytest.FixtureRequest, authority: Path, tmp_path: Path, temporary: Path
    ) -> Iterator[Organization]:
        """An organization on a server of one process, and on one of two."""
        assert authority.exists()
        flags = ["--tls", "api.polar.sh", "--workers", request.param]
        server = start_server(str(tmp_path / "https.db"), tmp_path / "log", *flags)
        services = run(open_services(settings.Settings(database=server.database)))
        made = make_organization_of(server, services)
        made.url = made.url.replace("http:", "https:")
        made.keep(new_customer(1))
        assert len(list(temporary.iterdir())) == 1
        yield made
        run(services.stop())
        assert server.stop() == 0
        assert list(temporary.iterdir()) == []

    def test_answers(self, organization: Organization, authority: Path, temporary: Path) -> None:
        """It answers by HTTP/1.1, also who offers HTTP/2, sends on to itself, outlives plain HTTP."""
        with pytest.raises(httpx.RemoteProtocolError):
            plain_http.get(organization.url.replace("https:", "http:"))
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            assert ask(organization.url, "api.polar.sh", context_of(authority, version)).is_success
        port = organization.url.rpartition(":")[2]
        for http in ("1.1", "2"):
            done = subprocess.run(
                [CURL, "--silent", "--show-error", f"--http{http}", "--cacert", str(authority),
                 "--connect-to", f"api.polar.sh:443:127.0.0.1:{port}", "--output", "/dev/null",
                 "--write-out", "%{http_version} %{http_code} %{redirect_url}",
                 "--header", f"Authorization: Bearer {organization.token()}",
                 "https://api.polar.sh/v1/customers/export/?x=1"],
                capture_output=True,
                text=True,
                check=False,
            )  # fmt: skip
            assert done.stderr == ""
            assert done.stdout == "1.1 307 https://api.polar.sh/v1/customers/export?x=1"
        (folder,) = temporary.iterdir()
        assert folder.stat().st_mode & 0o777 == 0o700

    def test_says_whom_to_trust(self, authority: Path, tmp_path: Path) -> None:
        """It says at the start which file clients are to trust, and how."""
        done = run_cli(
            "serve", "--tls", "a.example", "--port", "0", "--database", ":memory:", check=False
        )

        assert done.stdout.splitlines()[0] == f"certificate authority: {authority}"
        assert "SSL_CERT_FILE" in done.stdout
        assert not list(tmp_path.glob("icefloe-*"))
