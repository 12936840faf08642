"""Seeds in files: organizations with their tokens and customers, checked before anything is opened."""

import os
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal, NotRequired, TypeVar, cast

from pydantic import UUID4, Field, StrictInt, TypeAdapter, ValidationError
from typing_extensions import TypedDict

from icefloe.domain import organizations, seeds, tokens
from icefloe.domain.seeds import Seed, SeedCustomer, SeedOrganization, SeedToken, SeedWebhook
from icefloe.domain.values import access
from icefloe.domain.values.clock import SEEDED_BEGINNING
from icefloe.domain.values.collation import lower
from icefloe.domain.values.errors import InvalidValue, RulesBroken
from icefloe.domain.webhooks import urls
from icefloe.exchange import problems, records, seed_files, webhooks
from icefloe.exchange.commerce import seeded as commerce
from icefloe.exchange.problems import Place
from icefloe.exchange.records import Moment, Text
from icefloe.exchange.seed_files import Document, InvalidSeed, Problem

_MOST_TOLD = 20


def load(path: str | os.PathLike[str]) -> Seed:
    """The seed in a file: YAML, JSON or NDJSON, as its name says.

    Nothing is stored: tests read here the ids and tokens that a server was given with `--seed`.

    Raises:
        ConfigurationError: the file cannot be read; or InvalidSeed, which is one: it says what is
            wrong with it, and on which line.
    """
    return _read(seed_files.read(Path(path)))


def read(value: object) -> Seed:
    """The seed that a value is, as JSON has values. Raises InvalidSeed, with places without lines."""
    return _read(seed_files.in_memory(value))


# --- forms ----------------------------------------------------------------------------------------


class _Organization(TypedDict):
    id: NotRequired[UUID4 | None]
    name: Text
    slug: NotRequired[Text | None]
    seed: NotRequired[StrictInt | None]
    tokens: NotRequired[list[Any] | None]
    meters: NotRequired[list[Any] | None]
    benefits: NotRequired[list[Any] | None]
    products: NotRequired[list[Any] | None]
    discounts: NotRequired[list[Any] | None]
    customers: NotRequired[list[Any] | None]
    webhooks: NotRequired[list[Any] | None]


class _Token(TypedDict):
    name: Text
    value: NotRequired[Text | None]
    scopes: NotRequired[list[Text] | None]
    expires_at: NotRequired[Moment | None]


class _Member(TypedDict):
    id: NotRequired[UUID4 | None]
    created_at: NotRequired[Moment | None]
    email: Annotated[Text, Field(min_length=3)]
    name: NotRequired[Text | None]
    external_id: NotRequired[Annotated[Text, Field(min_length=1)] | None]
    role: NotRequired[Literal["owner", "billing_manager", "member"] | None]


class _Whole(TypedDict):
    organizations: list[Any]


_WHOLE: TypeAdapter[_Whole] = TypeAdapter(_Whole)
_ORGANIZATION: TypeAdapter[_Organization] = TypeAdapter(_Organization)
_TOKEN: TypeAdapter[_Token] = TypeAdapter(_Token)
_MEMBER: TypeAdapter[_Member] = TypeAdapter(_Member)
_WEBHOOK: TypeAdapter[webhooks.Webhook] = TypeAdapter(webhooks.Webhook)
_MEMBERS: TypeAdapter[list[Any] | None] = TypeAdapter(list[Any] | None)
_CUSTOMER_FIELDS = (*records.FIELDS, "members", *commerce.OF_CUSTOMERS)
# What a customer of a seed has besides the fields of a record.
_APART = ("members", *commerce.OF_CUSTOMERS)
_T = TypeVar("_T")


# --- reading --------------------------------------------------------------------------------------


def _read(document: Document) -> Seed:
    reading = _Reading(document)
    seed = reading.read_seed(document.value)
    if reading.count:
        raise InvalidSeed(reading.problems, reading.count)
    return seed


class _Reading:
    """One seed being read; reading goes on after a problem, so that all of them are found."""

    def __init__(self, document: Document) -> None:
        self.problems: list[Problem] = []
        self.count = 0
        self.show = document.show
        self._places: dict[tuple[Hashable, ...], Place] = {}

    def read_seed(self, value: object) -> Seed:
        """The seed; where there are problems, not all of it."""
        whole = self._judge(_WHOLE, value, (), _Whole.__annotations__)
        if whole is None:
            return Seed(())
        found = [
            self._read_organization(("organizations", at), one)
            for at, one in enumerate(whole["organizations"])
        ]
        return Seed(tuple(one for one in found if one is not None))

    def _read_organization(self, place: Place, value: object) -> SeedOrganization | None:
        read = self._judge(_ORGANIZATION, value, place, _Organization.__annotations__)
        if read is None:
            return None
        name, slug, seed = read["name"].strip(), read.get("slug"), read.get("seed")
        self._rule((*place, "name"), organizations.check, name, None)
        self._rule((*place, "slug"), organizations.check, "-", slug)
        organization_id = read.get("id") or seeds.make_organization_id(seed, slug or name)
        self.claim((*place, "id"), "organization", organization_id)
        if slug is not None:
            self.claim((*place, "slug"), "slug", slug)
        organization = SeedOrganization(id=organization_id, name=name, slug=slug, seed=seed)
        found_tokens = [
            self._read_token((*place, "tokens", at), organization, one)
            for at, one in enumerate(read.get("tokens") or [])
        ]
        found_customers = [
            self._read_customer((*place, "customers", at), organization, one)
            for at, one in enumerate(read.get("customers") or [])
        ]
        found_webhooks = [
            self._read_webhook((*place, "webhooks", at), organization, one)
            for at, one in enumerate(read.get("webhooks") or [])
        ]
        objects = commerce.read_catalogue(self, place, organization, read)
        return replace(
            organization,
            tokens=tuple(one for one in found_tokens if one is not None),
            customers=tuple(one for one in found_customers if one is not None),
            webhooks=tuple(one for one in found_webhooks if one is not None),
            objects=tuple(objects),
        )

    def _read_token(
        self, place: Place, organization: SeedOrganization, value: object
    ) -> SeedToken | None:
        read = self._judge(_TOKEN, value, place, _Token.__annotations__)
        if read is None:
            return None
        name, given, scopes = read["name"].strip(), read.get("value"), read.get("scopes")
        wanted = access.USUAL_SCOPES if scopes is None else tuple(dict.fromkeys(scopes))
        self._rule((*place, "name"), tokens.check, name, access.USUAL_SCOPES)
        self._rule((*place, "scopes"), tokens.check, "-", wanted)
        if given is not None:
            self._check_token((*place, "value"), given)
        token = given or seeds.make_token(organization.id, organization.seed, name)
        self.claim((*place, "name" if given is None else "value"), "token", token)
        return SeedToken(name=name, value=token, scopes=wanted, expires_at=read.get("expires_at"))

    def _check_token(self, place: Place, value: str) -> None:
        if tokens.is_well_formed(value):
            return
        right = tokens.find_right_checksum(value)
        if right is None:
            message = (
                f"not a token: {tokens.PREFIX}, 37 letters and digits, and a checksum of six;"
                " leave it out to have one made"
            )
        else:
            message = f"not a token: its checksum is wrong; its last six characters must be {right}"
        self.tell(place, message)

    def _read_webhook(
        self, place: Place, organization: SeedOrganization, value: object
    ) -> SeedWebhook | None:
        read = self._judge(_WEBHOOK, value, place, webhooks.Webhook.__annotations__)
        if read is None:
            return None
        url, events = read["url"], read.get("events")
        self._rule((*place, "url"), _check_handler, url)
        known_by = read.get("name") or url
        webhook = SeedWebhook(
            id=read.get("id")
            or seeds.make_id(organization.id, organization.seed, f"webhook {known_by}"),
            url=url,
            name=read.get("name"),
            events=webhooks.read_events(events),
            format=read.get("format") or "raw",
            secret=read.get("secret")
            or seeds.make_webhook_secret(organization.id, organization.seed, known_by),
            signing=read.get("signing") or "both",
            api_version=read.get("api_version"),
        )
        self.claim((*place, "url"), "webhook", organization.id, webhook.id)
        return webhook

    def _read_customer(
        self, place: Place, organization: SeedOrganization, value: object
    ) -> SeedCustomer | None:
        known = (*_CUSTOMER_FIELDS, *records.DERIVED_FIELDS)
        if not self._check_keys(place, value, known):
            return None
        record = cast("dict[str, Any]", value)
        fields = {key: one for key, one in record.items() if key in known and key not in _APART}
        entry = records.read_entry("", fields)
        for within, message in records.find_problems(fields) if entry.problem else ():
            self.tell((*place, *within), message)
        owner, members = self._read_members(place, record)
        if entry.problem is not None:
            return None
        values, owner = dict(entry.values), {**owner, **entry.owner}
        if values.get("type", "individual") == "individual":
            if values.get("email") is None:
                self.tell((*place, "email"), "an individual customer needs one")
            if members:
                self.tell((*place, "members"), "only a team has members besides its owner")
        values, owner, members = _complete(organization, place, values, owner, members)
        self._claim_values(place, organization, values)
        known_by = str(values.get("id") or _known_by(values))
        objects = commerce.read_holdings(self, place, organization, record, known_by)
        return SeedCustomer(
            place=problems.dotted(place),
            values=values,
            owner=owner,
            members=tuple(members),
            objects=tuple(objects),
        )

    def _claim_values(
        self, place: Place, organization: SeedOrganization, values: Mapping[str, Any]
    ) -> None:
        """See that no other customer of the organization has these values; deleted ones may."""
        names = ("id",) if values.get("deleted_at") else ("id", "email", "external_id")
        for name in names:
            if values.get(name) is not None:
                compared = lower(values[name]) if name == "email" else values[name]
                self.claim((*place, name), "customer", organization.id, name, compared)

    def _read_members(
        self, place: Place, record: Mapping[str, Any]
    ) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """What `members` says about the owner, and about the other members."""
        owner: dict[str, Any] = {}
        members: list[dict[str, Any]] = []
        given = self._judge(_MEMBERS, record.get("members"), (*place, "members"), None)
        for at, one in enumerate(given or []):
            within = (*place, "members", at)
            read = self._judge(_MEMBER, one, within, _Member.__annotations__)
            if read is None:
                continue
            # A null is a value of its name or external id: there is none.
            values = {
                name: value
                for name, value in read.items()
                if value is not None or name in {"name", "external_id"}
            }
            is_owner = values.get("role") == "owner"
            if is_owner and (owner or record.get("owner")):
                self.tell((*within, "role"), "a customer has one owner")
            self.claim((*within, "email"), place, "email", lower(read["email"]))
            if read.get("external_id") is not None:
                self.claim((*within, "external_id"), place, "external_id", read["external_id"])
            if is_owner:
                owner = values
            else:
                members.append(values)
        return owner, members

    # --- problems ---------------------------------------------------------------------------------

    def _judge(
        self, form: TypeAdapter[_T], value: object, place: Place, known: Iterable[str] | None
    ) -> _T | None:
        """The value in its form, or None where it has another; looks for unknown keys too."""
        if known is not None and not self._check_keys(place, value, known):
            return None
        try:
            return form.validate_python(value)
        except ValidationError as error:
            for within, message in problems.find_all(error):
                self.tell((*place, *within), message)
        return None

    def _check_keys(self, place: Place, value: object, known: Iterable[str]) -> bool:
        """Whether a value is a mapping; notes its unknown keys as problems."""
        if not isinstance(value, dict):
            self.tell(place, "must be an object: keys and values")
            return False
        names = list(known)
        for key in value:
            if key not in names:
                message = problems.unknown_key(str(key), names)
                self.tell((*place, key), message)
        return True

    def _rule(self, place: Place, check: Callable[..., None], *values: object) -> None:
        try:
            check(*values)
        except InvalidValue as error:
            self.tell(place, str(error))

    def claim(self, place: Place, *what: Hashable) -> None:
        """Note that a place has a value that must be unique; a problem if another place has it."""
        first = self._places.setdefault(what, place)
        if first != place:
            self.tell(place, f"the same as {self.show(first)}")

    def tell(self, place: Place, message: str) -> None:
        """Note a problem."""
        self.count += 1
        if self.count <= _MOST_TOLD:
            shown = problems.printable(self.show(place))
            self.problems.append(Problem(place, shown, problems.printable(message)))


# --- what follows from a seed ---------------------------------------------------------------------


def _complete(
    organization: SeedOrganization,
    place: Place,
    values: dict[str, Any],
    owner: dict[str, Any],
    members: list[dict[str, Any]],
) -> tuple[dict[str, Any], dict[str, Any], list[dict[str, Any]]]:
    """A customer's values, its owner's and its members', with the ids and times that follow."""
    make = partial(seeds.make_id, organization.id, organization.seed)
    number = cast("int", place[-1])
    known_by = _known_by(values)
    customer_id = make(f"customer {known_by or f'number {number}'}")
    if organization.seed is None:
        # A customer without both must have the same id the next time as well.
        return (values if known_by else {"id": customer_id, **values}), owner, members
    beginning = SEEDED_BEGINNING + timedelta(seconds=number)
    given = {"id": customer_id, "created_at": beginning, **values}
    whose = given["id"]
    return (
        given,
        {"id": make(f"owner of {whose}"), **owner},
        [{"id": make(f"member of {whose} {one['email']}"), **one} for one in members],
    )


def _check_handler(url: str) -> None:
    """See that webhooks may be sent to a URL. Raises InvalidValue."""
    try:
        urls.require_usable(url, ("url",), public_only=False)
    except RulesBroken as error:
        raise InvalidValue(str(error)) from error


def _known_by(values: Mapping[str, Any]) -> str | None:
    """What identifies a customer, so that its id stays when others come before it in the file.

    None for a deleted customer, whose values another may have.
    """
    if values.get("deleted_at") is None:
        for name in ("external_id", "email"):
            if values.get(name) is not None:
                return f"{name} {values[name]}"
    return None
