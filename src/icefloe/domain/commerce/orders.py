"""Orders: what customers bought. They come from seeds and the stand-in; no money moves here."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import UUID

from icefloe.domain import customer_rules
from icefloe.domain.commerce import new_orders
from icefloe.domain.commerce.objects import Objects
from icefloe.domain.values import errors
from icefloe.domain.values.commerce import Filter, ObjectQuery
from icefloe.domain.values.documents import read, read_all, read_moment
from icefloe.domain.values.errors import RulesBroken, Violation
from icefloe.domain.values.listing import PageRequest
from icefloe.domain.values.orders import OrderStatus

if TYPE_CHECKING:
    from icefloe.domain.commerce.changes import Change
    from icefloe.domain.ports import storage
    from icefloe.domain.values.customers import Customer
    from icefloe.domain.values.documents import Document
    from icefloe.domain.values.orders import NewOrder, OrderChange

_BATCH = 500
"""Orders that are read at once: a few milliseconds."""


class Orders(Objects):
    """The rules of orders."""

    resource = "orders"

    async def create(
        self,
        organization_id: UUID,
        new: NewOrder,
        *,
        order_id: UUID | None = None,
        is_silent: bool = False,
    ) -> bytes:
        """Create an order, whole, with the events of all that became of it.

        Args:
            organization_id: whose it is.
            new: the order.
            order_id: its identifier, where the caller may choose it; generated if None.
            is_silent: whether webhooks leave the events out.

        Raises:
            RulesBroken: it names something that is not there, or amounts that cannot be.
            Duplicate: the organization has an order with that id.
        """
        return await self._changes.run(
            organization_id,
            lambda change: new_orders.create(change, new, order_id or change.new_id()),
            is_silent=is_silent,
        )

    async def update(self, organization_id: UUID, order_id: UUID, given: OrderChange) -> bytes:
        """Change what is on an order's invoice.

        Raises:
            NotFound: there is none with that id.
            RulesBroken: the address is in another country or state than the one before.
        """

        async def work(change: Change) -> bytes:
            found = await self._lock(change, order_id)
            _check(found, given)
            changed = {**found, **given}
            if given:
                changed["modified_at"] = change.moment
                await change.tables.commerce.orders.replace(organization_id, changed)
            return await _tell_update(change, changed)

        return await self._changes.run(organization_id, work)

    async def generate_invoice(self, organization_id: UUID, order_id: UUID) -> None:
        """Note that an order has an invoice; it is made into no file.

        Raises:
            NotFound: there is no order with that id.
            MissingInvoiceBillingDetails: it has no name or address for an invoice.
        """

        async def work(change: Change) -> None:
            found = await self._lock(change, order_id)
            if found["billing_name"] is None or found["billing_address"] is None:
                raise errors.MissingInvoiceBillingDetails
            if found["is_invoice_generated"]:
                return
            changed = {**found, "is_invoice_generated": True, "modified_at": change.moment}
            await change.tables.commerce.orders.replace(organization_id, changed)
            await _tell_update(change, changed)

        await self._changes.run(organization_id, work)

    async def check_invoice(self, organization_id: UUID, order_id: UUID) -> None:
        """See that an order has an invoice. Raises NotFound, InvoiceDoesNotExist."""
        if not (await self._find(organization_id, order_id))["is_invoice_generated"]:
            raise errors.InvoiceDoesNotExist(f"No invoice exists for order {order_id}.")

    async def check_receipt(self, organization_id: UUID, order_id: UUID) -> None:
        """See that an order has a receipt. Raises NotFound, ReceiptNotAllocated."""
        if (await self._find(organization_id, order_id))["receipt_number"] is None:
            raise errors.ReceiptNotAllocated(f"No receipt allocated for order {order_id}.")

    async def find_refusal(
        self, organization_id: UUID, order_id: UUID
    ) -> errors.OrderNotDraft | errors.OffSessionChargesNotEnabled:
        """Why an order cannot be finalized, as none can. Raises NotFound."""
        status = (await self._find(organization_id, order_id))["status"]
        if status == OrderStatus.draft:
            return errors.OffSessionChargesNotEnabled(organization_id)
        return errors.OrderNotDraft(
            f"Order {order_id} is not in draft status (current: {status})."
            " Only draft orders can be modified or finalized."
        )

    async def walk(
        self, organization_id: UUID, filters: tuple[Filter, ...]
    ) -> AsyncIterator[list[Document]]:
        """The orders that pass filters, newest first, as the wire shows them, in batches.

        Orders that are made meanwhile are left out.
        """
        first = ObjectQuery(page=PageRequest(limit=1), filters=filters)
        newest = read_all((await self.find_page(organization_id, first)).items)
        if not newest:
            return
        until = Filter("created_at", (read_moment(newest[0]["created_at"]),), "until")
        seen: set[str] = set()
        number = 1
        while True:
            query = ObjectQuery(page=PageRequest(number, _BATCH), filters=(*filters, until))
            batch = read_all((await self.find_page(organization_id, query)).items)
            if not batch:
                return
            # An order that a seed dates back moves the ones behind it to the next page.
            yield [order for order in batch if order["id"] not in seen]
            seen = {order["id"] for order in batch}
            number += 1
            await asyncio.sleep(0)

    async def _find(self, organization_id: UUID, order_id: UUID) -> Document:
        return read(await self.get(organization_id, order_id))


async def anonymise(tables: storage.Tables, customer: Customer) -> None:
    """Remove a customer's personal data from its orders; what was bought stays."""
    every = PageRequest(limit=_BATCH)
    wanted = ObjectQuery(page=every, filters=(Filter("customer_id", (customer.id,)),))
    while True:
        found = await tables.commerce.orders.find_matching(customer.organization_id, wanted)
        for order in found:
            name = customer_rules.anonymous_text(order["billing_name"], customer)
            changed = {**order, "billing_name": name, "billing_address": None}
            await tables.commerce.orders.replace(customer.organization_id, changed)
        if len(found) < _BATCH:
            return
        wanted = replace(wanted, page=PageRequest(wanted.page.page + 1, _BATCH))


async def _tell_update(change: Change, order: Document) -> bytes:
    return await change.tell("order.updated", order, UUID(order["customer_id"]))


def _check(found: Document, given: OrderChange) -> None:
    """See that a change leaves the country and state of an address. Raises RulesBroken."""
    before, address = found["billing_address"], given.get("billing_address")
    if before is None or address is None:
        return
    place = ("body", "billing_address")
    violations = []
    if address["country"] != before["country"]:
        message, country = "Country cannot be changed", address["country"]
        violations.append(Violation("value_error", (*place, "country"), message, country))
    if address["state"] != before["state"]:
        message, state = "State cannot be changed", address["state"]
        violations.append(Violation("value_error", (*place, "state"), message, state))
    if violations:
        raise RulesBroken(*violations)
