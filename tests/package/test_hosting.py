"""What Icefloe is hosted by: the Dockerfile, the Compose file and the systemd unit, and the program."""

import configparser
import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from icefloe.cli.app import make_app
from icefloe.serving import ending
from icefloe.settings import Settings
from support import serving

ROOT = Path(__file__).parents[2]
UNIT = ROOT / "packaging/systemd/icefloe.service"
HEALTH_CHECK = ROOT / "packaging/healthcheck.py"


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile's instructions: each one's word, and what follows it."""
    text = (ROOT / "Dockerfile").read_text("utf-8").replace("\\\n", "")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(line.partition(" ")[0], line.partition(" ")[2]) for line in lines]


def last_stage() -> dict[str, list[str]]:
    """What the image is, by the word of the instruction."""
    found: dict[str, list[str]] = {}
    for word, rest in instructions():
        if word == "FROM":
            found = {}
        found.setdefault(word, []).append(rest)
    return found


def image_variables() -> dict[str, str]:
    """The environment that the image gives its program."""
    pairs = (pair.partition("=") for line in last_stage()["ENV"] for pair in shlex.split(line))
    return {name: value for name, _, value in pairs}


def compose() -> dict[str, Any]:
    """The Compose file's services."""
    services: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))[
        "services"
    ]
    return services


def unit() -> configparser.SectionProxy:
    """What the unit says of its service; a name that comes again is told by its last value."""
    parser = configparser.RawConfigParser(strict=False)
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # names are as they are written
    parser.read(UNIT, "utf-8")
    return parser["Service"]


def options_of(words: list[str]) -> None:
    """See that a command line is one the program takes. Fails where it is not."""
    command = typer.main.get_command(make_app(words[0])).commands[words[0]]  # type: ignore[attr-defined]
    known = {name for parameter in command.params for name in parameter.opts}
    assert {word for word in words[1:] if word.startswith("-")} <= known


class TestVariables:
    """What is set by variables."""

    @pytest.mark.parametrize("file", ["Dockerfile", "compose.yaml", UNIT, HEALTH_CHECK])
    def test_are_settings(self, file: str | Path) -> None:
        """Every variable of ours that a file names is a setting."""
        named = set(re.findall(r"ICEFLOE_(\w+)", (ROOT / file).read_text("utf-8")))

        assert named
        assert {name.lower() for name in named} <= set(Settings.model_fields)

    @pytest.mark.processes
    def test_all_that_is_kept_is_in_the_volume(self, tmp_path: Path) -> None:
        """With the image's environment, database, secret and authority are below one folder."""
        (volume,) = last_stage()["VOLUME"]
        variables = image_variables()
        assert variables["XDG_DATA_HOME"] == volume
        with pytest.MonkeyPatch.context() as patch:
            for name, value in variables.items():
                if name.startswith("ICEFLOE_"):
                    patch.setenv(name, value)
            patch.delenv("ICEFLOE_DATABASE", raising=False)
            patch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
            patch.setenv("HOME", str(tmp_path / "home"))
            with serving(tmp_path / "log", "--tls", "a.example") as (_, url):
                assert url.startswith("https://0.0.0.0:")
        kept = {file.name for file in (tmp_path / "data/icefloe").iterdir()}
        assert {"icefloe.db", "icefloe.db.secret", "tls"} <= kept
        assert not (tmp_path / "home").exists()


class TestImage:
    """The Dockerfile."""

    def test_user(self) -> None:
        """It runs as a user with a fixed number who is not root and owns the volume."""
        (user,) = last_stage()["USER"]
        (made,) = last_stage()["RUN"]

        assert int(user) > 0
        assert f"useradd --uid {user} " in made
        assert f"--mode 0700 {last_stage()['VOLUME'][0]}" in made

    def test_files(self) -> None:
        """What it copies is there, and is let through by the list of what is not."""
        ignored = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
        let_through = {line.removeprefix("!") for line in ignored if line.startswith("!")}
        copied = {
            name.rstrip("/")
            for word, rest in instructions()
            if word == "COPY" and "--from" not in rest
            for name in rest.split()[:-1]
        }

        assert [name for name in copied if not (ROOT / name).exists()] == []
        assert copied == let_through
        project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
        assert {project["readme"], *project["license-files"]} <= copied

    def test_base(self) -> None:
        """Its stages have the same Python, one that Icefloe is made for."""
        bases = {rest.split()[0] for word, rest in instructions() if word == "FROM"}
        (named,) = (rest for word, rest in instructions() if word == "ARG")

        assert bases == {"${PYTHON}"}
        found = re.fullmatch(
            r"PYTHON=python:3\.(\d+)\.\d+-slim-[a-z]+(@sha256:[0-9a-f]{64})?", named
        )
        assert found is not None
        assert int(found[1]) >= 11

    def test_command(self) -> None:
        """Started without words it serves, on the port that it says."""
        (entry,), (command,), (port,) = (
            last_stage()[word] for word in ("ENTRYPOINT", "CMD", "EXPOSE")
        )

        assert (json.loads(entry), json.loads(command)) == (["icefloe"], ["serve"])
        assert int(port) == Settings.model_fields["port"].default


class TestHealthCheck:
    """What tells whether a container can be sent requests."""

    @staticmethod
    def ask(**variables: object) -> int:
        """The exit status of the check, with variables."""
        set_ = {name: str(value) for name, value in variables.items()}
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith("ICEFLOE_")
        }
        done = subprocess.run(
            [sys.executable, str(HEALTH_CHECK)], check=False, capture_output=True, env=kept | set_
        )
        assert done.stderr == b""
        return done.returncode

    def test_is_one(self) -> None:
        """The image and the services of the Compose file have the same check."""
        (line,) = last_stage()["HEALTHCHECK"]
        command = json.loads(line.partition("CMD ")[2])

        for service in compose().values():
            assert service["healthcheck"]["test"] == ["CMD", *command]
        (folder,) = (
            rest.split()[-1] for word, rest in instructions() if rest.startswith("packaging")
        )
        assert command == ["python", f"{folder}{HEALTH_CHECK.name}"]

    @pytest.mark.processes
    @pytest.mark.parametrize("tls", ["", "a.example"])
    def test_a_server(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tls: str) -> None:
        """It passes while a server can be asked, by HTTP and HTTPS, and fails once it has stopped."""
        monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
        monkeypatch.setenv("ICEFLOE_TLS", tls)
        monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
        with serving(tmp_path / "log", "--temporary") as (process, url):
            port = url.rpartition(":")[2]
            assert self.ask(ICEFLOE_PORT=port, ICEFLOE_TLS=tls) == 0
            process.terminate()
            assert process.wait(120) == 0

        assert self.ask(ICEFLOE_PORT=port, ICEFLOE_TLS=tls) == 1

    @pytest.mark.processes
    def test_another_server(self, tmp_path: Path) -> None:
        """It fails where something answers that is not what it should be."""
        with serving(tmp_path / "log", "--temporary", "--tls", "a.example") as (_, url):
            assert self.ask(ICEFLOE_PORT=url.rpartition(":")[2]) == 1


class TestCompose:
    """The Compose file."""

    @pytest.mark.parametrize("name", compose())
    def test_service(self, name: str) -> None:
        """A service is of the image, publishes its port to this machine alone, and can start."""
        service = compose()[name]
        (port,) = service["ports"]

        assert re.fullmatch(rf"127\.0\.0\.1:\d+:{last_stage()['EXPOSE'][0]}", port)
        options_of(service.get("command", ["serve"]))

    @pytest.mark.parametrize("name", compose())
    def test_confined(self, name: str) -> None:
        """A service writes to its volume and to /tmp alone, has no rights, and its share is bounded."""
        service = compose()[name]

        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert [place.partition(":")[0] for place in service["tmpfs"]] == ["/tmp"]  # noqa: S108 - its own
        assert service["ulimits"]["core"] == 0
        assert {"mem_limit", "pids_limit"} <= set(service)
        assert service["ulimits"]["nofile"] == int(unit()["LimitNOFILE"])

    def test_volume(self) -> None:
        """What is served lastingly is kept in a volume that has a name, where the image has its own."""
        document = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))
        name, _, place = document["services"]["icefloe"]["volumes"][0].partition(":")

        assert place == last_stage()["VOLUME"][0]
        assert name in document["volumes"]

    def test_end(self) -> None:
        """It is given the time that it takes at most to end."""
        grace = compose()["icefloe"]["stop_grace_period"]

        assert int(grace.removesuffix("s")) > ending.END_SECONDS


class TestUnit:
    """The systemd unit."""

    def test_command(self) -> None:
        """It starts the program as the program takes it, and waits for its end."""
        program, *words = shlex.split(unit()["ExecStart"])

        assert Path(program).name == "icefloe"
        options_of(words)
        assert int(unit()["TimeoutStopSec"]) > ending.END_SECONDS

    def test_limits(self) -> None:
        """It takes so much of the machine at most, and leaves no core file with people's names."""
        assert int(unit()["LimitNOFILE"]) >= 10_000
        assert unit()["LimitCORE"] == "0"
        assert {"MemoryMax", "TasksMax"} <= set(unit())

    def test_folder(self) -> None:
        """What is kept is in the folder that the service may write, and that is its user's alone."""
        text = UNIT.read_text("utf-8")

        assert "Environment=XDG_DATA_HOME=/var/lib\n" in text
        assert (unit()["StateDirectory"], unit()["StateDirectoryMode"]) == ("icefloe", "0700")
        assert (unit()["ProtectSystem"], unit()["UMask"]) == ("strict", "0077")
