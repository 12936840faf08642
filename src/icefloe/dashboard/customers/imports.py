"""Importing customers from a file: send it, see a preview, decide, and watch the progress."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from starlette.datastructures import UploadFile
from starlette.responses import Response

from icefloe.dashboard.customers import uploads
from icefloe.dashboard.customers.uploads import Stage, Upload
from icefloe.dashboard.pages import NoSuchPage
from icefloe.dashboard.visits import UNPROCESSABLE, Visit
from icefloe.domain.values.errors import (
    ConfigurationError,
    IcefloeError,
    InvalidValue,
    NotPermitted,
)
from icefloe.domain.values.imports import OnConflict
from icefloe.exchange import csv_rows, mappings, records
from icefloe.exchange.files import CustomerFile, Preview
from icefloe.exchange.mappings import Choices, Column

if TYPE_CHECKING:
    from icefloe.services import Services

# The form around the file has some bytes of its own.
MAX_BYTES = uploads.MAX_BYTES + 64 * 1024

_LOOK_SECONDS = 0.3
_MAX_NAME = 120
# A file with fewer bytes needs no indexes set aside: that is for hundreds of thousands.
_FEW_BYTES = 1024 * 1024
# A page shows no more columns to choose for; a form of ours has at most so many fields anyway.
_MAX_COLUMNS = 200
_UNDECIDED = "?"
_ENCODINGS = (
    ("", "Find out"),
    ("utf-8", "UTF-8"),
    ("utf-16", "UTF-16"),
    ("cp1252", "Windows, western Europe"),
    ("cp1250", "Windows, central Europe"),
    ("cp1251", "Windows, Cyrillic"),
    ("mac-roman", "Macintosh"),
)
_TARGETS = (
    ("", "Leave it out"),
    ("email", "E-mail"),
    ("name", "Name"),
    ("first_name", "First name"),
    ("last_name", "Last name"),
    ("external_id", "External ID"),
    ("billing_name", "Billing name"),
    ("billing_address.line1", "Address, line 1"),
    ("billing_address.line2", "Address, line 2"),
    ("billing_address.postal_code", "Postal code"),
    ("billing_address.city", "City"),
    ("billing_address.state", "State"),
    ("billing_address.country", "Country"),
    ("tax_id", "Tax number"),
    ("locale", "Locale"),
    ("type", "Type: individual or team"),
    ("email_verified", "E-mail is verified"),
    ("metadata", "Metadata, all of it as JSON"),
    ("id", "ID"),
    ("created_at", "Created at"),
    ("modified_at", "Modified at"),
    ("deleted_at", "Deleted at"),
    ("first_user_event_at", "First user event at"),
    ("default_payment_method_id", "Default payment method"),
)

# What this process is at work on, by the upload's id.
_RUNNING: dict[str, asyncio.Task[None]] = {}
_SWEEPING: set[asyncio.Task[None]] = set()


async def show(visit: Visit) -> Response:
    """The form that a file is sent by."""
    return _render_form(visit)


async def submit(visit: Visit) -> Response:
    """Store a file, and begin to check it."""
    sent = visit.form.get("file")
    if not isinstance(sent, UploadFile) or not sent.filename:
        return _render_form(visit, "Choose a file first.")
    if not sent.size:
        return _render_form(visit, f"The file {sent.filename[:_MAX_NAME]} is empty.")
    if sent.size > uploads.MAX_BYTES:
        return _render_form(visit, "The file has more than 50 MB.")
    _sweep_from_now_on(visit.services)
    try:
        upload = await asyncio.to_thread(
            uploads.store,
            visit.organization.id,
            sent.filename[:_MAX_NAME],
            sent.file,
            _choice(visit),
        )
    except InvalidValue as error:
        return _render_form(visit, str(error))
    _begin(visit, upload, Stage.CHECKING)
    return visit.redirect(_href(visit, upload))


async def show_upload(visit: Visit) -> Response:
    """The progress of an import, its preview, or its result."""
    return await _render(visit, _find(visit))


async def submit_upload(visit: Visit) -> Response:
    """Decide: take them in, look again with other choices, or forget about it."""
    upload = _find(visit)
    action = visit.field("action")
    if upload.stage is not Stage.CHECKED:
        return visit.redirect(_href(visit, upload))  # another request was first
    if action == "cancel":
        uploads.drop(upload)
        return visit.redirect(visit.href("customers"), "Nothing was imported.")
    if not uploads.has_file(upload):
        uploads.drop(upload)
        text = "The file is no longer here: it waited for an hour, or others came. Send it again."
        return visit.redirect(visit.href("customers/import"), text, "bad")
    if action == "check":
        chosen = replace(upload, on_conflict=_choice(visit), choices=_read_choices(visit))
        _begin(visit, chosen, Stage.CHECKING)
    elif action == "import" and not upload.report.failed and _count(upload):
        _begin(visit, upload, Stage.TAKING)
    return visit.redirect(_href(visit, upload))


def _render_form(visit: Visit, wrong: str | None = None) -> Response:
    return visit.render(
        "customers/import.html",
        status=UNPROCESSABLE if wrong else 200,
        errors={"file": wrong} if wrong else {},
        on_conflict=_choice(visit).value,
        columns=csv_rows.COLUMNS,
        organization_id=visit.organization.id,
    )


async def _render(visit: Visit, upload: Upload) -> Response:
    preview = None
    if upload.stage is Stage.CHECKED:
        preview = await asyncio.to_thread(_find_preview, upload)
    return visit.render(
        "customers/import_progress.html",
        block="progress" if visit.is_partial else None,
        upload=upload,
        count=_count(upload),
        problems=[
            (place, *_column_of(reason, preview)) for place, reason in upload.report.failures
        ],
        preview=preview,
        columns=_columns_of(preview),
        encodings=_ENCODINGS,
        address=_href(visit, upload),
    )


def _find_preview(upload: Upload) -> Preview | None:
    """What the file looks like as a table; None where it is none, or is no longer here."""
    try:
        return CustomerFile(uploads.path_of(upload), choices=upload.choices).find_preview()
    except ConfigurationError:
        return None


def _column_of(reason: str, preview: Preview | None) -> tuple[str, str]:
    """Which field or column a reason is about, if any, and what it says of it."""
    names = set(records.FIELDS)
    if preview is not None:
        reason = preview.mapping.in_words_of_the_file(reason)
        names |= {column.name for column in preview.mapping.columns}
    head, sign, rest = reason.partition(": ")
    is_column = sign and (head in names or head.partition(".")[0] in names)
    return (head, rest) if is_column else ("", reason)


def _columns_of(preview: Preview | None) -> list[dict[str, Any]]:
    """What the page shows of each column: its name, the choices for it, and the first cells."""
    if preview is None or len(preview.mapping.columns) > _MAX_COLUMNS:
        return []
    return [
        {
            "number": column.number,
            "name": column.name,
            "target": _UNDECIDED if column.target is None else column.target,
            "options": _options_for(column),
            "cells": [row[column.number - 1] for row in preview.rows],
        }
        for column in preview.mapping.columns
    ]


def _options_for(column: Column) -> list[tuple[str, str]]:
    key = column.target if (column.target or "").startswith(mappings.METADATA) else None
    notes = [(mappings.METADATA + column.name, f"Metadata, as {column.name}")]
    if key is not None and key != notes[0][0]:
        notes.append((key, f"Metadata, as {key.removeprefix(mappings.METADATA)}"))
    undecided = [(_UNDECIDED, "Choose…")] if column.target is None else []
    return [*undecided, *_TARGETS[:1], *notes, *_TARGETS[1:]]


def _read_choices(visit: Visit) -> Choices:
    """What the form says about columns and encoding; what is no choice of the page's is left out."""
    targets: list[tuple[str | int, str]] = []
    for number in range(1, _MAX_COLUMNS + 1):
        name = f"column_{number}"
        if name in visit.form and mappings.is_target(visit.secret_field(name)):
            targets.append((number, visit.secret_field(name)))
    encoding = visit.field("encoding")
    known = {value for value, _ in _ENCODINGS if value}
    return Choices(tuple(targets), encoding if encoding in known else None)


def _find(visit: Visit) -> Upload:
    upload_id = visit.place("upload_id")
    upload = uploads.find(visit.organization.id, upload_id)
    if upload is None:
        raise NoSuchPage
    return upload


def _href(visit: Visit, upload: Upload) -> str:
    return visit.href(f"customers/import/{upload.id}")


def _choice(visit: Visit) -> OnConflict:
    try:
        return OnConflict(visit.field("on_conflict"))
    except ValueError:
        return OnConflict.SKIP


def _count(upload: Upload) -> int:
    """How many customers would be new or different."""
    return upload.report.added + upload.report.updated


def _begin(visit: Visit, upload: Upload, stage: Stage) -> None:
    """Begin to work on an upload, unless a task does already."""
    if upload.id in _RUNNING:
        return
    begin = visit.services.tasks.begin
    task = begin(_work(visit, visit.session or "", uploads.take_in_hand(upload, stage)))
    _RUNNING[upload.id] = task
    task.add_done_callback(lambda _: _RUNNING.pop(upload.id, None))


async def _work(visit: Visit, session: str, upload: Upload) -> None:
    """Check or import a file for the person of a session, and store its progress from time to time."""
    ended = upload
    try:
        ended = await _watch(visit.services, session, upload)
    except NotPermitted as error:
        why = f"{error}: an import goes on only while whoever began it may."
        ended = replace(upload, stage=Stage.BROKEN, why=why)
    except IcefloeError as error:
        ended = replace(upload, stage=Stage.BROKEN, why=f"{error}.".replace("..", "."))
    except Exception as error:  # noqa: BLE001 - logged here, or lost
        visit.log.failure("an import failed", error)
        ended = replace(upload, stage=Stage.BROKEN, why="Something went wrong on the server.")
    finally:
        # Also where this is cancelled, as when the server stops.
        if ended is upload:
            ended = replace(upload, stage=Stage.BROKEN, why="The server was stopped.")
        uploads.save(ended)
        if ended.stage is not Stage.CHECKED:
            uploads.drop_file(ended)


async def _watch(services: Services, session: str, upload: Upload) -> Upload:
    """Run an import until it ends or this is cancelled; only then return. Raises as imports do."""
    done = 0

    def note(position: int) -> None:
        nonlocal done
        done = position

    try:
        source = CustomerFile(uploads.path_of(upload), note, upload.choices)
    except ConfigurationError as error:
        raise IcefloeError("The file is no longer here") from error
    run = asyncio.ensure_future(
        services.imports.run(
            upload.organization_id,
            lambda: source,
            on_conflict=upload.on_conflict,
            dry_run=upload.stage is Stage.CHECKING,
            are_few=upload.size < _FEW_BYTES,
            check=partial(
                services.sessions.check_member,
                value=session,
                organization_id=upload.organization_id,
            ),
        )
    )
    try:
        while not run.done():
            await asyncio.wait({run}, timeout=_LOOK_SECONDS)
            uploads.save(replace(upload, done=done))
    except asyncio.CancelledError:
        source.interrupt()
        await asyncio.wait({run})
        if run.cancelled() or run.exception() is not None:
            raise  # else it was at its end already, and is done
    report = run.result()
    is_check = upload.stage is Stage.CHECKING or report.failed
    stage = Stage.CHECKED if is_check else Stage.DONE
    return replace(upload, stage=stage, done=upload.size, report=report)


def _sweep_from_now_on(services: Services) -> None:
    """Remove what others left, now and while the server runs."""
    if all(task.done() for task in _SWEEPING):
        _SWEEPING.clear()
        _SWEEPING.add(services.tasks.begin(uploads.keep_sweeping()))
