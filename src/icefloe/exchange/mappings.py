"""What becomes of each column of a table: the one answer that reading, `--dry-run` and pages share.

A column is known by what a person says about it, then by an export that has such columns, then by its
own name: that of a field, or of a column of our own export.
"""

import functools
import tomllib
from collections.abc import Mapping as Values
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources

from icefloe.domain.values import spelling
from icefloe.domain.values.errors import ConfigurationError
from icefloe.exchange import records
from icefloe.exchange.problems import printable

METADATA = "metadata."
"""What the target of a key of metadata begins with: `metadata.plan`. Alone, as a choice, it stands
for the key that the column's own name is."""
LEFT_OUT = ""
"""The target of a column that nothing becomes of."""

_ADDRESS = "billing_address."
_NO_COLUMNS = {"billing_address", "owner"}
TARGETS = (
    *(name for name in records.FIELDS if name not in _NO_COLUMNS),
    "first_name",
    "last_name",
    *(_ADDRESS + name for name in records.ADDRESS_FIELDS),
)
"""What a column can become, besides keys of metadata: first and last name make the name."""
_IDENTITY = ("email", "external_id", "id")

Target = str


@dataclass(frozen=True, slots=True)
class Choices:
    """What a person says about a file.

    Attributes:
        targets: what becomes of columns, each named by its name or its number from 1. The last one
            for a column wins.
        encoding: how the file's text is encoded; None where the file itself shows it.
    """

    targets: tuple[tuple[str | int, Target], ...] = ()
    encoding: str | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table.

    Attributes:
        number: from 1.
        name: as the file has it.
        target: what becomes of it: one of `TARGETS`, a key of metadata, or `LEFT_OUT`; None where
            nothing says what.
    """

    number: int
    name: str
    target: Target | None


@dataclass(frozen=True, slots=True)
class Mapping:
    """What becomes of each column.

    Attributes:
        columns: all of the file's, in its order.
        export: which known export it is, if any.
        has_teams: whether a customer without an e-mail address is a team.
        problems: why no row can be read: each a column's name, or nothing, and what is wrong.
    """

    columns: tuple[Column, ...]
    export: str | None
    has_teams: bool
    problems: tuple[tuple[str, str], ...]

    @property
    def unknown(self) -> tuple[str, ...]:
        """The names of the columns that nothing is known about."""
        return tuple(one.name for one in self.columns if one.target is None)

    def name_of(self, target: Target) -> str | None:
        """The column that becomes a field, by the file's own name for it."""
        return next((one.name for one in self.columns if one.target == target), None)

    def in_words_of_the_file(self, reason: str) -> str:
        """A reason that begins with a field, `email: …`, with the file's column in its place."""
        field, sign, rest = reason.partition(": ")
        name = self.name_of(field) if sign else None
        return reason if name is None else f"{printable(name)}: {rest}"


@dataclass(frozen=True, slots=True)
class _Export:
    """A known export.

    Attributes:
        name: what people call it.
        names: its columns, as it writes them.
        signs: columns in their plain form that tell it apart, any one set of them.
        columns: what becomes of each, by its plain form.
        has_teams: whether a customer without an e-mail address is a team.
        metadata_suffix: what a column that is a key of metadata ends with.
    """

    name: str
    names: tuple[str, ...]
    signs: tuple[frozenset[str], ...]
    columns: Values[str, Target]
    has_teams: bool
    metadata_suffix: str | None

    def find_target(self, name: str) -> Target | None:
        found = self.columns.get(_plain(name))
        if found is None and self.metadata_suffix and name.endswith(self.metadata_suffix):
            return METADATA + name.removesuffix(self.metadata_suffix)
        return found


def read_choice(text: str) -> tuple[str, Target]:
    """A choice that a person writes as `Customer Email=email`; `Notes=` leaves a column out.

    Raises:
        ConfigurationError: it has another form, or there is no such field.
    """
    name, sign, target = text.rpartition("=")
    name, target = name.strip(), target.strip()
    if not sign or not name:
        raise ConfigurationError(f'{text!r} does not say what becomes of a column: "Column=field"')
    if not is_target(target):
        hint = spelling.hint(target, TARGETS)
        raise ConfigurationError(
            f"{text!r}: there is no field {target!r}{hint or '; a key of metadata is metadata.KEY'}"
        )
    return name, target


def is_target(text: str) -> bool:
    """Whether a text says what can become of a column."""
    is_key = text.startswith(METADATA) and len(text) > len(METADATA)
    return text == LEFT_OUT or text in TARGETS or is_key


def find(names: Sequence[str], choices: Choices) -> Mapping:
    """What becomes of the columns with some names, in their order."""
    export = _find_export(names)
    columns = tuple(
        Column(number, name, _find_target(number, name, choices, export))
        for number, name in enumerate(names, start=1)
    )
    return Mapping(
        columns,
        export.name if export is not None else None,
        export is not None and export.has_teams,
        tuple(_find_problems(columns, choices)),
    )


def _find_target(number: int, name: str, choices: Choices, export: _Export | None) -> Target | None:
    for column, target in reversed(choices.targets):
        if column == number or (isinstance(column, str) and _plain(column) == _plain(name)):
            return METADATA + name if target == METADATA else target
    found = export.find_target(name) if export is not None else None
    if found is None and name.startswith(METADATA) and is_target(name):
        return name
    return _by_name().get(_plain(name)) if found is None else found


def _find_problems(columns: Sequence[Column], choices: Choices) -> list[tuple[str, str]]:
    known = (*_polar().names, *TARGETS)
    unknown = [column.name for column in columns if column.target is None]
    hints = {name: spelling.hint(name, known) for name in unknown}
    if len(unknown) == len(columns) and not any(hints.values()):
        return [("", "neither JSON nor a CSV of customers: no column has a known name")]
    problems = []
    names = {_plain(column.name) for column in columns}
    for name, _ in choices.targets:
        if isinstance(name, str) and _plain(name) not in names:
            hint = spelling.hint(name, [column.name for column in columns])
            problems.append((name, f"the file has no such column{hint}"))
    first: dict[Target, Column] = {}
    for column in columns:
        if column.target is None:
            problems.append((column.name, f"no field has this name{hints[column.name]}"))
        elif column.target != LEFT_OUT and column.target in first:
            other = first[column.target]
            problems.append((column.name, _doubled(other, column)))
        else:
            first[column.target] = column
    if not problems and first.keys().isdisjoint(_IDENTITY):
        problems.append(("", "no column becomes email, external_id or id"))
    return problems


def _doubled(one: Column, other: Column) -> str:
    if _plain(one.name) == _plain(other.name):
        return f"there are two such columns, {one.number} and {other.number}"
    return f"becomes {one.target}, and so does the column {one.name!r}"


def _find_export(names: Sequence[str]) -> _Export | None:
    """The known export that a file is: the one with the most signs there."""
    there = {_plain(name) for name in names}
    found = [(len(sign), each) for each in _exports() for sign in each.signs if sign <= there]
    return max(found, key=lambda one: one[0], default=(0, None))[1]


def _plain(name: str) -> str:
    """A column's name as it is compared: case, spaces at the ends, and `_` for a space do not count."""
    return " ".join(name.casefold().replace("_", " ").split())


@functools.cache
def _exports() -> tuple[_Export, ...]:
    text = (resources.files("icefloe.exchange") / "known_exports.toml").read_text("utf-8")
    return tuple(
        _Export(
            each["name"],
            tuple(each["columns"]),
            tuple(frozenset(map(_plain, sign)) for sign in each["signs"]),
            {_plain(name): target for name, target in each["columns"].items()},
            each.get("has_teams", False),
            each.get("metadata_suffix"),
        )
        for each in tomllib.loads(text)["export"]
    )


@functools.cache
def _by_name() -> Values[str, Target]:
    """What becomes of a column by its own name, in its plain form."""
    found = dict(_polar().columns) | {_plain(target): target for target in TARGETS}
    return found | {_plain(name): _ADDRESS + name for name in records.ADDRESS_FIELDS}


def _polar() -> _Export:
    """Polar's own export, the first that is known, which is ours too."""
    return _exports()[0]
