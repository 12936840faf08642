"""The settings: each with its meaning, its default, and the source of its value.

The first of these that sets a value wins: the command line, the environment
(`ICEFLOE_PORT` sets `port`), a TOML file (the one `ICEFLOE_CONFIG` names, else `icefloe.toml` in the
working folder, else the one in the user's configuration folder), and the default.
"""

import os
import re
import tomllib
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import platformdirs
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
)
from pydantic_core import PydanticCustomError

from icefloe.asgi import origins
from icefloe.domain.values import spelling
from icefloe.domain.values.emails import EmailCheck
from icefloe.domain.values.errors import ConfigurationError
from icefloe.secret import LEAST_CHARACTERS

LogFormat = Literal["auto", "text", "json"]

_PREFIX = "ICEFLOE_"
_FILE_VARIABLE = "ICEFLOE_CONFIG"
_FILE_NAME = "icefloe.toml"
_DEFAULT = "default"

# Requests a minute for an organization, as the reference limits them.
_RATE_LIMITS = {"production": 500, "sandbox": 100}
_BASE_PATH = re.compile(r"(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+")
_RATE = re.compile(r"0*([1-9][0-9]{0,8})/min")


def default_database() -> str:
    """A file in the folder where the platform keeps a user's data."""
    return f"sqlite:///{platformdirs.user_data_path('icefloe') / 'icefloe.db'}"


class Settings(BaseModel):
    """All settings."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    database: str = Field(default_factory=default_database)
    """The database: `sqlite:///PATH`, a path, or `postgresql://USER@HOST/DATABASE`."""

    temporary: bool = False
    """Whether `serve` keeps everything in a folder of its own, which is removed when it ends."""

    read_database: tuple[str, ...] = ()
    """Hot standbys of a PostgreSQL database, which answer reads; a list."""

    database_connections: int = Field(default=10, ge=2, le=1000)
    """How many connections to a PostgreSQL server each process has at most."""

    host: str = "127.0.0.1"
    """The address to listen on; `0.0.0.0` is every address of the machine."""

    port: int = Field(default=8000, ge=0, le=65535)
    """The port to listen on; 0 is any that is free."""

    public_url: str | None = None
    """Where clients reach the server, such as `https://icefloe.example.com`, for links and redirects;
    unless given, as each request's `Host` and `X-Forwarded-Proto` say."""

    base_path: str = ""
    """The path below which a proxy serves all of this, such as `/icefloe`; none unless given."""

    tls: tuple[str, ...] = ()
    """Names under which `serve` speaks HTTPS, with certificates of its own; a list."""

    workers: int | None = Field(default=None, ge=1, le=64)
    """How many processes answer requests; one unless given, on PostgreSQL one for each processor."""

    connections: int = Field(default=16_384, ge=8, le=1_000_000)
    """How many connections each process serves at once, if `ulimit -n` allows it; others wait."""

    head_timeout: int = Field(default=30, ge=1, le=3600)
    """How many seconds the head of a request may take, from when its connection was opened or last
    answered: so long an idle connection is kept open."""

    body_timeout: int = Field(default=30, ge=1, le=3600)
    """How many seconds the body of a request may take, beside one second for each 16 KiB of it."""

    body_memory: int = Field(default=64, ge=2, le=65_536)
    """How many MiB the bodies of all requests under way may take in each process; further ones get
    a 503. One body takes at most 1 MiB."""

    answer_timeout: int = Field(default=60, ge=1, le=3600)
    """How many seconds a client may leave an answer unread, on Linux."""

    log_format: LogFormat = "auto"
    """`text` for people, `json` for programs; `auto` is text on a terminal and JSON elsewhere."""

    email_check: EmailCheck = EmailCheck.SYNTAX
    """What a new e-mail address must pass: `syntax`; `dns`, which also asks whether its domain takes
    mail, as the reference does; or `any-domain`, which also takes `.test` and `.local`."""

    rate_limit: str | None = None
    """How often an organization may ask: `production` or `sandbox`, as the reference's, or such as
    `100/min`; without a limit unless given."""

    secret: SecretStr | None = None
    """The key under which tokens are hashed, 32 characters at least; without one, it is made and kept
    beside the database."""

    public_webhooks_only: bool = False
    """Whether webhook endpoints must have public addresses and HTTPS, as in the reference; unless set,
    plain HTTP to this machine is allowed."""

    deliver: bool = True
    """Whether `serve` sends what is queued for webhook endpoints; otherwise `icefloe deliver` does."""

    webhook_retention: int = Field(default=30, ge=1, le=3650)
    """How many days webhook events and their deliveries are stored."""

    dashboard: bool = True
    """Whether people have pages of their own, at `/dashboard`."""

    control: bool = False
    """Whether tests may treat the server as they need, through an API at `/_icefloe/`."""

    control_key: SecretStr | None = Field(default=None, min_length=1)
    """What that API is asked with; without one, it is made and shown when the server starts."""

    seed: tuple[Path, ...] = ()
    """Files of organizations, tokens and customers that `serve` makes before it listens; a list."""

    webhook: tuple[str, ...] = ()
    """Handlers to which `serve` sends what happens in the first organization: URLs; a list."""

    credential_origins: tuple[str, ...] = ("http://127.0.0.1:3000", "http://localhost:3000")
    """Web origins whose pages may send cookies along; every other origin may call without them."""

    @field_validator("public_url")
    @classmethod
    def _check_public_url(cls, value: str | None) -> str | None:
        origin = None if value is None else origins.standardise(value)
        if value is not None and origin is None:
            raise PydanticCustomError(
                "public_url",
                "{value} is not where a server is reached;"
                " use a scheme and a host such as https://icefloe.example.com",
                {"value": repr(value)},
            )
        return origin

    @field_validator("base_path")
    @classmethod
    def _check_base_path(cls, value: str) -> str:
        path = value.rstrip("/")
        if path and not _BASE_PATH.fullmatch(path):
            raise PydanticCustomError(
                "base_path",
                "{value} is no base path; use a slash and a name such as /icefloe",
                {"value": repr(value)},
            )
        return path

    @field_validator("rate_limit", mode="before")
    @classmethod
    def _check_rate_limit(cls, value: object) -> object:
        if value is None or (isinstance(value, str) and _read_rate(value) is not None):
            return value
        raise PydanticCustomError(
            "rate_limit",
            "{value} is no rate limit; use production, sandbox or a number such as 100/min",
            {"value": repr(value)},
        )

    @field_validator("secret")
    @classmethod
    def _check_secret(cls, value: SecretStr | None) -> SecretStr | None:
        if value is None or len(value.get_secret_value()) >= LEAST_CHARACTERS:
            return value
        raise PydanticCustomError(
            "secret",
            "a secret has at least {least} random characters, such as what"
            " `openssl rand -hex 32` prints",
            {"least": LEAST_CHARACTERS},
        )

    @property
    def requests_per_minute(self) -> int | None:
        """The number that `rate_limit` stands for; None is no limit."""
        return None if self.rate_limit is None else _read_rate(self.rate_limit)


def _read_rate(text: str) -> int | None:
    """The number of requests a minute that a rate limit names; None where it names none."""
    written = _RATE.fullmatch(text)
    return int(written[1]) if written else _RATE_LIMITS.get(text)


@dataclass(frozen=True, slots=True)
class Loaded:
    """Settings, and for each the source of its value: a flag, a variable, a file or `default`."""

    settings: Settings
    sources: Mapping[str, str]

    def is_default(self, name: str) -> bool:
        """Whether no source sets it."""
        return self.sources[name] == _DEFAULT

    def comes_before(self, name: str, other: str) -> bool:
        """Whether the source of one setting takes precedence over that of another."""
        return _rank(self.sources[name]) < _rank(self.sources[other])


def load(flags: Mapping[str, Any], environment: Mapping[str, str] | None = None) -> Loaded:
    """The settings in force.

    Args:
        flags: values from the command line, by setting; None is not given.
        environment: the process's own unless given.

    Raises:
        ConfigurationError: a value cannot be used, or the file cannot be read; says which and why.
    """
    variables = os.environ if environment is None else environment
    values: dict[str, Any] = {}
    sources = dict.fromkeys(Settings.model_fields, _DEFAULT)
    file = _find_file(variables)
    if file is not None:
        for name, value in _read_file(file).items():
            values[name], sources[name] = value, str(file)
    for name in Settings.model_fields:
        variable = _PREFIX + name.upper()
        if variables.get(variable):
            values[name], sources[name] = _from_text(name, variables[variable]), variable
        if flags.get(name) is not None:
            values[name], sources[name] = flags[name], f"--{name.replace('_', '-')}"
    try:
        return Loaded(Settings(**values), sources)
    except ValidationError as error:
        problem = error.errors()[0]
        name = str(problem["loc"][0])
        raise ConfigurationError(f"{name} (from {sources[name]}): {problem['msg']}") from error


def to_environment(settings: Settings) -> dict[str, str]:
    """The variables that hand the settings to a worker; without the secrets, which it inherits."""
    values = settings.model_dump(exclude={"secret", "control_key"}, exclude_none=True)
    return {
        _PREFIX + name.upper(): ",".join(map(str, value))
        if isinstance(value, tuple)
        else str(value)
        for name, value in values.items()
    }


def _rank(source: str) -> int:
    """The precedence of a source: the lowest number wins."""
    if source.startswith("--"):
        return 0
    if source.startswith(_PREFIX):
        return 1
    return 3 if source == _DEFAULT else 2


def _find_file(variables: Mapping[str, str]) -> Path | None:
    named = variables.get(_FILE_VARIABLE)
    if named:
        return Path(named)
    candidates = (Path(_FILE_NAME), platformdirs.user_config_path("icefloe") / _FILE_NAME)
    return next((file for file in candidates if file.is_file()), None)


def _read_file(file: Path) -> dict[str, Any]:
    try:
        values = tomllib.loads(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigurationError(f"{file} cannot be read: {error}") from error
    for name in values:
        if name not in Settings.model_fields:
            hint = spelling.hint(name, Settings.model_fields)
            raise ConfigurationError(f"{file}: there is no setting {name!r}{hint}")
    return values


def _from_text(name: str, text: str) -> object:
    """A variable's value: a list is written with commas."""
    if typing.get_origin(Settings.model_fields[name].annotation) is tuple:
        return tuple(part.strip() for part in text.split(",") if part.strip())
    return text
