"""The official clients as they come, with no base URL set: HTTPS for the name they all ask."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

import installations
from icefloe.assembly import open_services
from icefloe.certificates import Authority
from icefloe.settings import Settings
from support import (
    Organization,
    Server,
    make_organization_of,
    new_customer,
    run,
    run_cli,
    start_server,
)
from wire import environments, node_environments

pytestmark = pytest.mark.processes

NAME = "api.polar.sh"
EMAILS = {f"customer{number}@example.com" for number in range(3)}

# What /etc/hosts or a container's network does: where the name leads to.
_PYTHON_HOSTS = f"""
import os, socket
_find = socket.getaddrinfo
def find(host, port, *more, **options):
    if host in ("{NAME}", b"{NAME}"):
        host, port = "127.0.0.1", int(os.environ["ICEFLOE_TEST_PORT"])
    return _find(host, port, *more, **options)
socket.getaddrinfo = find
"""
_NODE_HOSTS = f"""
const tls = require("node:tls");
const connect = tls.connect;
const port = Number(process.env.ICEFLOE_TEST_PORT);
const here = {{ host: "127.0.0.1", hostname: "127.0.0.1", port }};
tls.connect = (options, ...more) =>
  connect({{ ...options, ...(options.host === "{NAME}" ? here : {{}}) }}, ...more);
"""
_PYTHON = {
    "0": """
import os
from polar_sdk import Polar
with Polar(access_token=os.environ["TOKEN"]) as polar:
    print(*(one.email for one in polar.customers.list(limit=100).result.items))
""",
    "1": """
import os
from polar.v2026_10 import Polar
with Polar(os.environ["TOKEN"]) as polar:
    print(*(one.email for one in polar.customers.iter_list(limit=100)))
""",
}
_NODE = {
    "0": """
import { Polar } from "@polar-sh/sdk";
const polar = new Polar({ accessToken: process.env.TOKEN });
const { result } = await (await polar.customers.list({ limit: 100 }));
console.log(result.items.map((one) => one.email).join(" "));
""",
    "1": """
import { createPolar } from "@polar-sh/sdk/2026-10";
const polar = createPolar({ accessToken: process.env.TOKEN });
const emails = [];
for await (const one of polar.customers.iterList({ limit: 100 })) emails.push(one.email);
console.log(emails.join(" "));
""",
}


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authority]:
    """The authority of a user who had none."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("data")))
        shown = json.loads(run_cli("tls", "--json").stdout)
        yield Authority(Path(shown["certificate"]), Path(shown["key"]))


@pytest.fixture(scope="module")
def https_server(
    authority: Authority,  # noqa: ARG001 - made before, in the server's own environment
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Server]:
    """A server that speaks for the name."""
    folder = tmp_path_factory.mktemp("https")
    server = start_server(str(folder / "https.db"), folder / "log", "--tls", NAME)
    yield server
    assert server.stop() == 0


@pytest.fixture(scope="module")
def organization(https_server: Server) -> Iterator[Organization]:
    """An organization with three customers, on that server."""
    services = run(open_services(Settings(database=https_server.database)))
    made = make_organization_of(https_server, services)
    made.keep(*(new_customer(number) for number in range(3)))
    made.token()
    yield made
    run(services.stop())


def environment_of(server: Server, organization: Organization, **more: object) -> dict[str, str]:
    """The environment of a program that uses a client, with nothing about a server in it."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("POLAR_", "SSL_CERT", "NODE_", "PYTHON"))
        and not name.lower().endswith("_proxy")
    }
    added = {"ICEFLOE_TEST_PORT": server.port, "TOKEN": organization.token(), **more}
    return {**kept, **{name: str(value) for name, value in added.items()}}


@pytest.mark.parametrize("name", environments.NAMES)
def test_python(
    name: str,
    https_server: Server,
    organization: Organization,
    authority: Authority,
    tmp_path: Path,
) -> None:
    """A Python client that knows no other server than Polar's lists the customers that are here."""
    (tmp_path / "sitecustomize.py").write_text(_PYTHON_HOSTS)
    generation = name.rpartition("-")[2].partition(".")[0]
    done = subprocess.run(
        [str(environments.make(name)), "-c", _PYTHON[generation]],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env=environment_of(
            https_server, organization, PYTHONPATH=tmp_path, SSL_CERT_FILE=authority.file
        ),
    )

    assert done.returncode == 0, done.stderr
    assert set(done.stdout.split()) == EMAILS


@pytest.mark.parametrize("name", node_environments.NAMES)
def test_node(
    name: str,
    https_server: Server,
    organization: Organization,
    authority: Authority,
    tmp_path: Path,
) -> None:
    """A TypeScript client that knows no other server than Polar's lists the customers that are here."""
    hosts = tmp_path / "hosts.cjs"
    hosts.write_text(_NODE_HOSTS)
    generation = name.rpartition("-")[2].partition(".")[0]
    done = subprocess.run(
        [installations.find_program("node"), "--require", str(hosts), "--input-type=module"],
        cwd=node_environments.make(name),
        input=_NODE[generation],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env=environment_of(https_server, organization, NODE_EXTRA_CA_CERTS=authority.file),
    )

    assert done.returncode == 0, done.stderr
    assert set(done.stdout.split()) == EMAILS


@pytest.mark.parametrize("name", environments.NAMES[-1:])
def test_not_trusted(
    name: str, https_server: Server, organization: Organization, tmp_path: Path
) -> None:
    """A client that does not trust the authority refuses the server."""
    (tmp_path / "sitecustomize.py").write_text(_PYTHON_HOSTS)
    generation = name.rpartition("-")[2].partition(".")[0]
    done = subprocess.run(
        [str(environments.make(name)), "-c", _PYTHON[generation]],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env=environment_of(https_server, organization, PYTHONPATH=tmp_path),
    )

    assert done.returncode != 0
    assert "CERTIFICATE_VERIFY_FAILED" in done.stderr
