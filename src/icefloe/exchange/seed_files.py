"""Files of seeds, in YAML, JSON or NDJSON, and on which line of them a place is."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from icefloe.domain.values.errors import ConfigurationError
from icefloe.exchange import json_places, problems, yaml_values
from icefloe.exchange.problems import Place, dotted

FORMS = {".yaml": "yaml", ".yml": "yaml", ".json": "json", ".ndjson": "ndjson", ".jsonl": "ndjson"}
_BELONGING = {
    "token": "tokens",
    "meter": "meters",
    "benefit": "benefits",
    "product": "products",
    "discount": "discounts",
    "customer": "customers",
    "webhook": "webhooks",
}
_LINES = " or ".join(f'{{"{kind}": …}}' for kind in ("organization", *_BELONGING))


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is wrong with a seed.

    Attributes:
        place: keys and numbers of items, from the outermost on.
        shown: the place for people, such as `seed.yaml, line 12: organizations.0.name`.
        message: what is wrong.
    """

    place: Place
    shown: str
    message: str

    def __str__(self) -> str:
        return f"{self.shown}: {self.message}" if self.shown else self.message


class InvalidSeed(ConfigurationError):
    """A seed cannot be used.

    Attributes:
        problems: what is wrong with it: the first twenty that were found, in their order.
        count: how many were found.
    """

    def __init__(self, problems: list[Problem], count: int | None = None) -> None:
        self.problems = tuple(problems)
        self.count = len(problems) if count is None else count
        more = f" (and {self.count - 1} more)" if self.count > 1 else ""
        super().__init__(f"{problems[0]}{more}")


@dataclass(frozen=True, slots=True)
class Document:
    """What a file holds.

    Attributes:
        value: as JSON has values.
        show: gives a place in it for people.
    """

    value: Any
    show: Callable[[Place], str]


def find_form(path: Path) -> str:
    """`yaml`, `json` or `ndjson`, by how a file's name ends. Raises ConfigurationError."""
    try:
        return FORMS[path.suffix.lower()]
    except KeyError:
        raise ConfigurationError(
            f"{path}: the name of a seed ends in .yaml, .yml, .json or .ndjson"
        ) from None


def read(path: Path) -> Document:
    """What a file holds.

    Raises:
        ConfigurationError: it cannot be read, or its name has another ending.
        InvalidSeed: it does not have the format that its name says.
    """
    form = find_form(path)
    try:
        text = path.read_bytes().removeprefix(b"\xef\xbb\xbf").decode()
    except FileNotFoundError:
        raise ConfigurationError(f"there is no file {path}") from None
    except OSError as error:
        raise ConfigurationError(f"cannot read {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{path}: not UTF-8 text") from error
    return _READERS[form](path, text)


def render(value: Mapping[str, Any], form: str) -> str:
    """A seed as the text of a file: `yaml`, `json` or `ndjson`."""
    if form == "yaml":
        return yaml_values.render(value)
    if form == "json":
        return json.dumps(value, ensure_ascii=False, indent=2) + "\n"
    lines = []
    for organization in value["organizations"]:
        own = {name: one for name, one in organization.items() if name not in _BELONGING.values()}
        lines.append({"organization": own})
        for kind, name in _BELONGING.items():
            lines += [{kind: one} for one in organization.get(name) or []]
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)


def in_memory(value: object) -> Document:
    """A value that has been read already: its places have no lines."""
    return Document(value, dotted)


def _read_yaml(path: Path, text: str) -> Document:
    try:
        value, find_line = yaml_values.read(text)
    except yaml_values.NotYaml as error:
        raise _malformed(path, error.line, f"not YAML: {error}") from error
    return Document(value, lambda place: _shown(path, find_line(place), dotted(place)))


def _read_json(path: Path, text: str) -> Document:
    value = _parse(path, text, 1)

    def show(place: Place) -> str:
        return _shown(path, json_places.find_line(text, place), dotted(place))

    return Document(value, show)


def _parse(path: Path, text: str, line: int) -> Any:
    """The value that a JSON text beginning on a line is. Raises InvalidSeed."""
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        raise _malformed(path, line + error.lineno - 1, f"not JSON: {error.msg}") from error
    except ValueError as error:
        raise _malformed(path, line, f"not JSON: {error}") from error
    except RecursionError as error:
        raise _malformed(path, line, "values within values, too many deep") from error


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no number")


def _read_ndjson(path: Path, text: str) -> Document:
    """A line for each organization and what belongs to it, gathered to the value of a document."""
    organizations: list[Any] = []
    stands: dict[Place, tuple[int, str]] = {}
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        kind, value = _parse_line(path, line, number)
        if kind == "organization":
            organizations.append(_with_lists_of_its_own(value))
            stands["organizations", len(organizations) - 1] = (number, kind)
            continue
        if not organizations:
            raise _malformed(path, number, f"{kind}: an organization must come before it")
        owner, name = organizations[-1], _BELONGING[kind]
        if not isinstance(owner, dict) or not isinstance(owner[name], list):
            continue  # a problem of the organization, which is found there
        owner[name].append(value)
        place = ("organizations", len(organizations) - 1, name, len(owner[name]) - 1)
        stands[place] = (number, kind)

    def show(place: Place) -> str:
        for length in (4, 2):
            if place[:length] in stands:
                number, kind = stands[place[:length]]
                return _shown(path, number, dotted((kind, *place[length:])))
        return _shown(path, 1, "")

    return Document({"organizations": organizations}, show)


def _parse_line(path: Path, text: str, number: int) -> tuple[str, Any]:
    """What kind of thing a line holds, and the thing. Raises InvalidSeed."""
    record = _parse(path, text, number)
    if isinstance(record, dict) and len(record) == 1:
        ((kind, value),) = record.items()
        if kind in {"organization", *_BELONGING}:
            return kind, value
    raise _malformed(path, number, f"a line is {_LINES}")


def _with_lists_of_its_own(organization: Any) -> Any:
    """An organization with lists of its own, to which what belongs to it can be added."""
    if not isinstance(organization, dict):
        return organization
    lists = {name: organization.get(name) or [] for name in _BELONGING.values()}
    own = {name: [*value] if isinstance(value, list) else value for name, value in lists.items()}
    return {**organization, **own}


def _malformed(path: Path, line: int, message: str) -> InvalidSeed:
    return InvalidSeed([Problem((), _shown(path, line, ""), problems.printable(message))])


def _shown(path: Path, line: int, place: str) -> str:
    return f"{path}, line {line}" + (f": {place}" if place else "")


_READERS: dict[str, Callable[[Path, str], Document]] = {
    "yaml": _read_yaml,
    "json": _read_json,
    "ndjson": _read_ndjson,
}
