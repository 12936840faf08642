"""What names a database: a path, a URL, or libpq's keywords (`host=… dbname=…`).

PostgreSQL's URLs are read as their providers print them. What they say for other programs is passed
over, and named in a note. A password never gets into a message.
"""

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import parse_qsl, unquote

from icefloe.domain.values.errors import ConfigurationError

_SCHEME = re.compile(r"(postgres(?:ql)?)(\+[a-z0-9]+)?://", re.IGNORECASE)
_AUTHORITY = re.compile(r"[^/?#]*")
_HOST = re.compile(r"(\[[^\]]*\]|[^:]*)(?::(.*))?", re.DOTALL)
_KEYWORD = re.compile(
    r"\s*([A-Za-z_]+)\s*=\s*('(?:\\.|[^'\\])*'|(?:\\.|[^\s\\'])*)(?=\s|$)", re.DOTALL
)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_PASSWORDS = re.compile(r"([\w%]+)(\s*=\s*)('(?:\\.|[^'\\])*'?|(?:\\.|[^\s&\\])+)", re.DOTALL)
_LARGEST_PORT = 65535
_LONGEST_SECONDS = 3600

# What the driver takes, by libpq's names.
_OF_DRIVER = (
    "gsslib", "krbsrvname", "passfile", "service", "ssl_max_protocol_version",
    "ssl_min_protocol_version", "sslcert", "sslcrl", "sslkey", "sslmode", "sslnegotiation",
    "sslpassword", "sslrootcert", "target_session_attrs",
)  # fmt: skip
# What a session begins with on the server.
_OF_SERVER = (
    "application_name", "datestyle", "idle_in_transaction_session_timeout", "idle_session_timeout",
    "lock_timeout", "options", "role", "search_path", "statement_timeout", "timezone", "work_mem",
)  # fmt: skip
# Read here, each in its own way.
_OURS = (
    "connect_timeout", "database", "dbname", "host", "hostaddr", "password", "pgbouncer", "port",
    "prepared_statements", "schema", "ssl", "statement_cache_size", "user", "username",
)  # fmt: skip
# For other programs, or for libpq alone. Without them a connection is no less safe.
_PASSED_OVER = (
    "channel_binding", "client_encoding", "connection_limit", "fallback_application_name",
    "gssdelegation", "gssencmode", "keepalives", "keepalives_count", "keepalives_idle",
    "keepalives_interval", "load_balance_hosts", "max_protocol_version", "min_protocol_version",
    "pool_max_conns", "pool_mode", "pool_timeout", "replication", "require_auth", "requirepeer",
    "socket_timeout", "sslaccept", "sslcertmode", "sslcompression", "sslidentity", "sslsni",
    "supa", "tcp_user_timeout", "workaround",
)  # fmt: skip
_NAMES = {
    name.replace("_", ""): name
    for names in (_OF_DRIVER, _OF_SERVER, _OURS, _PASSED_OVER)
    for name in names
}
# Without these a connection would be less safe, or another one.
_MISSED = [*_OF_DRIVER, *_OURS]
# What some programs write for one of sslmode's values.
_SSL_MODES = {"no-verify": "require", "true": "require", "1": "require", "on": "require"} | {
    "false": "disable", "0": "disable", "off": "disable"
}  # fmt: skip
_YES, _NO = {"true", "1", "on", "yes"}, {"false", "0", "off", "no"}

Form = Literal["path", "sqlite", "postgresql", "other"]


@dataclass(frozen=True, slots=True)
class PostgresUrl:
    """What a URL says of a PostgreSQL database; what it leaves out is the driver's to find.

    Attributes:
        hosts: names, addresses or folders of sockets; none is what `PGHOST` says.
        ports: one for all hosts, or one for each; none is what `PGPORT` says.
        user: who connects.
        password: what the user proves that by.
        database: which database of the server.
        driver: options of the connection, by libpq's names.
        server: what the session begins with, by the server's names.
        keeps_statements: whether statements may be prepared for later; not behind some poolers.
        connect_seconds: how long a new connection may take.
        passed_over: the names of what is not used.
    """

    hosts: tuple[str, ...]
    ports: tuple[int, ...]
    user: str | None
    password: str | None = field(repr=False)
    database: str | None
    driver: dict[str, str] = field(repr=False)
    server: dict[str, str]
    keeps_statements: bool
    connect_seconds: float | None
    passed_over: tuple[str, ...]

    @property
    def shown(self) -> str:
        """The database in a message: no password, no options."""
        user = f"{self.user}@" if self.user else ""
        ports = (
            self.ports if len(self.ports) == len(self.hosts) else self.ports[:1] * len(self.hosts)
        )
        pairs = zip(self.hosts, ports or ("",) * len(self.hosts), strict=True)
        hosts = ",".join(
            (f"[{host}]" if ":" in host else host) + (f":{port}" if port else "")
            for host, port in pairs
        )
        return f"postgresql://{user}{hosts}/{self.database or ''}"


def find_form(database: str) -> Form:
    """Which kind of name a text is."""
    if _SCHEME.match(database) or _is_keywords(database):
        return "postgresql"
    if "://" not in database:
        return "path"
    return "sqlite" if database[:10].lower() == "sqlite:///" else "other"


def is_postgres(database: str) -> bool:
    """Whether a text names a PostgreSQL database."""
    return find_form(database) == "postgresql"


def read_postgres(text: str) -> PostgresUrl:
    """What a URL, or libpq's keywords, says. Raises ConfigurationError, without the password."""
    if not is_postgres(text):
        raise ConfigurationError(
            "a PostgreSQL database is named postgresql://USER@HOST/DATABASE; this is no such name"
        )
    found: dict[str, str] = {}
    passed_over: list[str] = []
    for written, value in _read_keywords(text) if _is_keywords(text) else _read_url(text):
        name = _NAMES.get(written.lower().replace("_", ""))
        if name is None and "." in written:
            found[written] = value  # a setting of an extension
        elif name is None or name in _PASSED_OVER:
            if name is None:
                _refuse_misspelt(written)
            passed_over.append(written)
        elif value:
            found[name] = value
    return _settle(found, tuple(dict.fromkeys(passed_over)))


def find_passed_over(database: str) -> tuple[str, ...]:
    """The options of a database's URL that have no effect here. Raises ConfigurationError."""
    return read_postgres(database).passed_over if is_postgres(database) else ()


def without_password(database: str) -> str:
    """A database's name as it may be shown: a password in it is not."""
    form = find_form(database)
    if form in {"path", "sqlite"}:
        return database
    shown = _PASSWORDS.sub(_hide, database)
    scheme, separator, rest = shown.partition("://")
    if not separator or "@" not in rest:
        return shown
    authority = _AUTHORITY.match(rest)
    end = authority.end() if authority else 0
    # A password that is not encoded may have what ends it: then all up to the last @ may be of it.
    place = rest.rindex("@") if "@" in rest[end:] else rest.rindex("@", 0, end)
    user, colon, _ = rest[:place].partition(":")
    if not colon:
        user = _AUTHORITY.match(user).group() if _AUTHORITY.match(user) else ""  # type: ignore[union-attr]
        return shown if user == rest[:place] else f"{scheme}://{user}***{rest[place:]}"
    return f"{scheme}://{user}:***{rest[place:]}"


def _hide(option: re.Match[str]) -> str:
    name = unquote(option[1]).lower()
    return f"{option[1]}{option[2]}***" if "pass" in name or "pwd" in name else option[0]


def _is_keywords(text: str) -> bool:
    first = _KEYWORD.match(text)
    return first is not None and first[1].lower().replace("_", "") in _NAMES


def _read_keywords(text: str) -> Iterator[tuple[str, str]]:
    at = 0
    while at < len(text.rstrip()):
        found = _KEYWORD.match(text, at)
        if found is None:
            raise ConfigurationError(
                "the database's keywords cannot be read: write name=value, with a space after each;"
                " a value with spaces in it stands in single quotes"
            )
        value = found[2]
        inner = value[1:-1] if value.startswith("'") else value
        yield found[1], _ESCAPED.sub(r"\1", inner)
        at = found.end()


def _read_url(text: str) -> Iterator[tuple[str, str]]:
    scheme = _SCHEME.match(text)
    rest = text[scheme.end() :] if scheme else text
    authority = _AUTHORITY.match(rest).group()  # type: ignore[union-attr]  # it matches nothing too
    path, _, query = rest[len(authority) :].partition("?")
    credentials, at, hosts = authority.rpartition("@")
    if "@" in path or "#" in path or "#" in query or (not at and "@" in query.partition("=")[0]):
        raise _undivided()
    if at:
        user, _, password = credentials.partition(":")
        yield "user", unquote(user)
        yield "password", unquote(password)
    yield from _read_hosts(hosts)
    yield "dbname", unquote(path.removeprefix("/"))
    yield from parse_qsl(query, keep_blank_values=True)


def _read_hosts(text: str) -> Iterator[tuple[str, str]]:
    names, ports = [], []
    for each in text.split(",") if text else ():
        found = _HOST.fullmatch(each)
        if found is None or each.count("[") != each.count("]"):
            raise _undivided()
        names.append(unquote(found[1]).strip("[]"))
        ports.append(unquote(found[2] or ""))
    if names:
        yield "host", ",".join(names)
    if any(ports):
        yield "port", ",".join(port or "5432" for port in ports)


def _undivided() -> ConfigurationError:
    return ConfigurationError(
        "the database's URL cannot be read: postgresql://USER:PASSWORD@HOST:PORT/DATABASE, where a"
        " password's / is written %2F, ? %3F, # %23 and @ %40, and an IPv6 address stands in [ ]"
    )


def _refuse_misspelt(name: str) -> None:
    close = difflib.get_close_matches(name.lower(), _MISSED, 1, 0.8)
    if close:
        raise ConfigurationError(
            f"the database's URL has {name!r}, which means nothing; did you mean {close[0]!r}?"
        )


def _settle(found: dict[str, str], passed_over: tuple[str, ...]) -> PostgresUrl:
    """Options by their names, of which several may say the same, as values."""
    server = {name: value for name, value in found.items() if name in _OF_SERVER or "." in name}
    if "schema" in found:
        server.setdefault("search_path", _quoted(found["schema"]))
    driver = {name: found[name] for name in _OF_DRIVER if name in found}
    mode = found.get("sslmode") or found.get("ssl")
    if mode is not None:
        driver["sslmode"] = _SSL_MODES.get(mode.lower(), mode.lower())
    if driver.get("sslrootcert") == "system":
        driver["sslrootcert"] = _find_system_roots()
        driver.setdefault("sslmode", "verify-full")
    hosts = found.get("host") or found.get("hostaddr")
    return PostgresUrl(
        hosts=tuple(hosts.split(",")) if hosts else (),
        ports=tuple(_read_port(port) for port in found["port"].split(","))
        if "port" in found
        else (),
        user=found.get("user") or found.get("username"),
        password=found.get("password"),
        database=found.get("dbname") or found.get("database"),
        driver=driver,
        server=server,
        keeps_statements=_keeps_statements(found),
        connect_seconds=_read_seconds(found.get("connect_timeout")),
        passed_over=passed_over,
    )


def _keeps_statements(found: dict[str, str]) -> bool:
    chosen = found.get("prepared_statements", "on").lower()
    if chosen not in _YES | _NO:
        raise ConfigurationError("prepared_statements in the database's URL must be on or off")
    is_pooled = (
        found.get("pgbouncer", "").lower() in _YES or found.get("statement_cache_size") == "0"
    )
    return chosen in _YES and not is_pooled


def _read_port(text: str) -> int:
    # Not named: it may be the part of a password that an unencoded / or @ has left.
    if not re.fullmatch(r"[0-9]{1,5}", text, re.ASCII) or not 0 < int(text) <= _LARGEST_PORT:
        raise ConfigurationError(
            "the database's URL cannot be read: its port is not a number from 1 to"
            f" {_LARGEST_PORT}; a password's / is written %2F, ? %3F, # %23 and @ %40"
        )
    return int(text)


def _read_seconds(text: str | None) -> float | None:
    """A time to connect in; none for 0 and less, by which libpq means any."""
    if text is None:
        return None
    if not re.fullmatch(r"-?[0-9]{1,9}", text, re.ASCII):
        raise ConfigurationError(
            "connect_timeout in the database's URL must be a number of seconds"
        )
    seconds = int(text)
    return min(float(seconds), _LONGEST_SECONDS) if seconds > 0 else None


def _quoted(name: str) -> str:
    """A schema's name as `search_path` has it."""
    doubled = name.replace('"', '""')
    return f'"{doubled}"'


def _find_system_roots() -> str:
    import ssl  # noqa: PLC0415 - 10 ms that few need

    paths = ssl.get_default_verify_paths()
    return paths.cafile or paths.openssl_cafile
