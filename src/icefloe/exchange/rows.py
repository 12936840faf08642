"""One row of a table → a customer in the wire's form, and the entry that it makes."""

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from icefloe.domain.entries import Entry
from icefloe.domain.values import addresses, errors, tax_ids
from icefloe.exchange import mappings, problems, records
from icefloe.exchange.mappings import Mapping, Target

OTHER_ENCODING = "is not in the encoding that the file is read in; name its own, such as cp1252"
NOT_TEXT = re.compile("[\udc80-\udcff]")
"""What `surrogateescape` makes of a byte that is not in the encoding."""

_ADDRESS = "billing_address."
# Stands in where a row has no country, so that the rest of the address is checked.
_ANY_COUNTRY = "FR"
_NAMES = ("first_name", "last_name")
_MOMENTS = frozenset({"created_at", "modified_at", "deleted_at", "first_user_event_at"})
_STRIPPED = frozenset({"id", "email", "type", "locale", "default_payment_method_id", *_MOMENTS})
_TRUTH = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False, "": False}
_PAIR = re.compile(
    r"""[(\[]\s*(['"])([^'"]+)\1\s*,\s*(?:<TaxIDFormat\.\w+: )?(['"])(\w+)\3>?\s*[)\]]"""
)


class Wrong(Exception):
    """A cell cannot be read.

    Attributes:
        target: the field that it would become.
        message: what is wrong with it.
    """

    def __init__(self, target: Target, message: str) -> None:
        super().__init__(message)
        self.target = target
        self.message = message


class Rows:
    """Reads the rows of a table with a mapping; an empty cell is a null."""

    def __init__(self, mapping: Mapping) -> None:
        self._mapping = mapping
        self._cells: list[tuple[int, Target]] = []
        self._address: list[tuple[int, str]] = []
        self._metadata: list[tuple[int, str]] = []
        at_of: dict[Target, int] = {}
        for column in mapping.columns:
            at, target = column.number - 1, column.target or mappings.LEFT_OUT
            at_of[target] = at
            if target.startswith(_ADDRESS):
                self._address.append((at, target.removeprefix(_ADDRESS)))
            elif target.startswith(mappings.METADATA):
                self._metadata.append((at, target.removeprefix(mappings.METADATA)))
            elif target not in {*_NAMES, "metadata", "tax_id", mappings.LEFT_OUT}:
                self._cells.append((at, target))
        self._names = [at_of[name] for name in _NAMES if name in at_of and "name" not in at_of]
        self._tax_id = at_of.get("tax_id")
        self._country = at_of.get(_ADDRESS + "country")
        self._whole_metadata = at_of.get("metadata")
        self._has_whole_address = len(self._address) == len(records.ADDRESS_FIELDS)

    def read_entry(self, place: str, row: Sequence[str]) -> Entry:
        """The customer that a row is; with a problem in the file's own words where it is none."""
        count = len(self._mapping.columns)
        if len(row) != count and (len(row) < count or "".join(row[count:]).strip()):
            columns = "1 column" if len(row) == 1 else f"{len(row)} columns"
            return Entry(place, problem=f"has {columns}, not {count}")
        try:
            record = self.read_record(row)
        except Wrong as error:
            return Entry(place, problem=self._say(error.target, error.message))
        entry = records.read_entry(place, record)
        if entry.problem is None:
            return self._in_parts(entry, row)
        if NOT_TEXT.search("".join(row)):
            at = next(at for at, cell in enumerate(row) if NOT_TEXT.search(cell))
            name = problems.printable(self._mapping.columns[at].name)
            return Entry(place, problem=f"{name}: {OTHER_ENCODING}")
        found, message = records.find_problems(record)[0]
        return Entry(place, problem=self._say(problems.dotted(found), message))

    def read_record(self, row: Sequence[str]) -> dict[str, Any]:
        """The customer in the wire's form. Raises Wrong."""
        record = {target: _read_cell(target, row[at]) for at, target in self._cells}
        if self._names:
            name = " ".join(filter(None, [row[at].strip() for at in self._names]))
            record["name"] = name or None
        address = self._read_address(row)
        if address or self._has_whole_address:
            record["billing_address"] = address
        if self._whole_metadata is not None:
            record["metadata"] = _read_metadata(row[self._whole_metadata])
        given = {key: row[at] for at, key in self._metadata if row[at]}
        if given:
            record["metadata"] = {**record.get("metadata", {}), **given}
        if self._tax_id is not None:
            country = "" if self._country is None else row[self._country].strip().upper()
            record["tax_id"] = _read_tax_id(row[self._tax_id].strip(), country)
        if self._mapping.has_teams and record.get("email", "") is None:
            record.setdefault("type", "team")
        return record

    def _read_address(self, row: Sequence[str]) -> dict[str, str] | None:
        """The parts of the address that a row has, tidied; None where it has none. Raises Wrong."""
        address = {name: row[at] for at, name in self._address if row[at].strip()}
        if not address:
            return None
        country = address.get("country", "").strip().upper()
        if not country and self._has_whole_address:
            raise Wrong(_ADDRESS + "country", "is needed where there is an address")
        address["country"] = country or _ANY_COUNTRY
        if "state" in address:
            try:
                state = addresses.standardise_state(country, address["state"])
            except errors.InvalidValue as error:
                raise Wrong(_ADDRESS + "state", str(error)) from None
            address["state"] = state or ""
        return address

    def _in_parts(self, entry: Entry, row: Sequence[str]) -> Entry:
        """The entry, whose address and metadata leave alone what the table has no column for."""
        is_part = bool(self._address) and not self._has_whole_address
        if not is_part and not self._metadata:
            return entry
        values = dict(entry.values)
        if is_part:
            there = values.pop("billing_address", None)
            address = {
                name: getattr(there, name) if row[at].strip() else None
                for at, name in self._address
            }
            entry = entry._replace(values=values, address=address)
        if self._metadata and self._whole_metadata is None:
            values.pop("metadata", None)
            given = {key: row[at] or None for at, key in self._metadata}
            entry = entry._replace(values=values, metadata=given)
        return entry

    def _say(self, target: Target, message: str) -> str:
        return self._mapping.in_words_of_the_file(f"{target}: {message}")


def _read_cell(target: Target, cell: str) -> Any:
    """A cell as the wire has it. Raises Wrong."""
    if target in _STRIPPED:
        cell = cell.strip()
        if target in _MOMENTS and cell:
            return _read_moment(cell)
        if target == "type":
            return cell.lower() or None
    elif target == "email_verified":
        found = _TRUTH.get(cell.strip().lower())
        if found is None:
            raise Wrong(target, "must be true or false")
        return found
    return cell or None


def _read_moment(cell: str) -> Any:
    """A moment in ISO 8601, in UTC unless it says otherwise; what has another form stays text."""
    try:
        moment = datetime.fromisoformat(cell.removesuffix("UTC").strip())
    except ValueError:
        return cell
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def _read_metadata(cell: str) -> dict[str, Any]:
    """The metadata that a cell has as JSON. Raises Wrong."""
    if not cell.strip():
        return {}
    try:
        found = json.loads(cell)
    except (ValueError, RecursionError):
        raise Wrong("metadata", "not JSON") from None
    if not isinstance(found, dict):
        raise Wrong("metadata", "must be a JSON object: keys and values")
    return found


def _read_tax_id(cell: str, country: str) -> tuple[str, str] | None:
    """A tax number: a pair of number and format, or a number of its country. Raises Wrong."""
    if not cell:
        return None
    found = _PAIR.fullmatch(cell)
    if found is not None:
        return found[2], found[4]
    if not country:
        raise Wrong("tax_id", "its format is unknown without a billing country")
    try:
        tax_id = tax_ids.validate(cell, country)
    except errors.InvalidValue as error:
        raise Wrong("tax_id", str(error)) from None
    return tax_id.value, tax_id.format
