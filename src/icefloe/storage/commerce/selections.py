"""Selections: a list's filters, order and page as SQL."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from icefloe.domain.values import collation
from icefloe.domain.values.commerce import Filter, ObjectQuery
from icefloe.domain.values.listing import PageRequest
from icefloe.storage import index_texts
from icefloe.storage.columns import Kind
from icefloe.storage.commerce.resources import Column, Resource
from icefloe.storage.dialect import Dialect
from icefloe.storage.transaction import moment

_COMMON = {
    "id": Column("id", Kind.UUID, lambda document: document["id"]),
    "created_at": Column("created_at", Kind.NUMBER, lambda _: None, moment),
}
_COMPARISONS = {"from": ">=", "until": "<="}


class Selection:
    """What a query selects of one resource's objects in one organization.

    Attributes:
        count: the statement that counts them.
        arguments: the arguments of `count`.
    """

    def __init__(
        self, resource: Resource, dialect: Dialect, organization_id: UUID, query: ObjectQuery
    ) -> None:
        self._resource = resource
        self._dialect = dialect
        self._columns = _COMMON | {column.name: column for column in resource.columns}
        self.arguments: list[Any] = [organization_id]
        conditions = ["organization_id = $1", "deleted_at IS NULL"]
        conditions += [self._filter(one) for one in query.filters]
        if query.text:
            conditions.append(self._search(query.text))
        for wanted in query.metadata:
            values = [index_texts.of_metadata_value(value) for value in wanted.values]
            key = self._place(index_texts.of_metadata_key(wanted.key))
            conditions.append(self._side("metadata", f"key = {key}", "value", values))
        self._conditions = " AND ".join(conditions)
        self._sorting = query.sorting
        self._source = self._find_source(query)
        self._page_arguments = [*self.arguments]
        self.count = f"SELECT {self._counted(query)} FROM {resource.name} WHERE {self._conditions}"

    def page(self, page: PageRequest, count: int | None) -> tuple[str, list[Any]]:
        """The statement of a page's stored texts, and its arguments.

        Args:
            page: which page.
            count: how many objects are selected, if that is known: the last pages are then found from
                the list's end.
        """
        offset, limit, reverse = page.offset, page.limit, False
        if count is not None and offset > count // 2:
            limit = max(min(limit, count - offset), 0)
            offset, reverse = count - offset - limit, True
        name = self._resource.name
        # First the page's keys from an index alone; then its documents.
        keys = (
            f"SELECT sequence FROM {self._source} WHERE {self._conditions}"
            f" ORDER BY {self._order(reverse=reverse)}"
            f" LIMIT ${len(self._page_arguments) + 1} OFFSET ${len(self._page_arguments) + 2}"
        )
        statement = (
            f"SELECT document FROM {name} WHERE organization_id = $1 AND sequence IN ({keys})"
            f" ORDER BY {self._order(reverse=False)}"
        )
        return statement, [*self._page_arguments, limit, offset]

    def _find_source(self, query: ObjectQuery) -> str:
        """The table; with the index of an owner by whom a filter selects.

        SQLite would read a whole list in its order, to find the few objects of one customer in it.
        """
        wanted = {one.name for one in query.filters if one.relation == "one of"}
        for owner in self._resource.owners:
            if owner in wanted:
                return self._dialect.indexed_by(self._resource.name, self._resource.index_of(owner))
        return self._resource.name

    def _counted(self, query: ObjectQuery) -> str:
        """What counts the objects; the reference counts one for each link that a filter finds."""
        for wanted in query.filters:
            if wanted.name in self._resource.links:
                link, resource = self._place(wanted.name), self._place(self._resource.name)
                return (
                    "CAST(coalesce(sum((SELECT count(*) FROM commerce_links AS linked"
                    f" WHERE linked.organization_id = $1 AND linked.resource = {resource}"
                    f" AND linked.link = {link} AND linked.sequence = {self._resource.name}.sequence"
                    f" AND linked.target IN ({self._places(wanted.values)}))), 0) AS BIGINT)"
                )
        return "count(*)"

    def _order(self, *, reverse: bool) -> str:
        terms = []
        descending = False
        for order in self._sorting:
            descending = order.descending
            terms.append(self._term(order.name, descending=descending != reverse))
        # In the last criterion's direction: an index can then be scanned either way.
        terms.append(f"sequence {_direction(descending != reverse)}")
        return ", ".join(terms)

    def _term(self, name: str, *, descending: bool) -> str:
        """A sorting criterion; an absent value is behind all others."""
        joined = self._resource.joined.get(name)
        column = self._resource.sorting.get(name, name)
        direction = _direction(descending)
        if joined is not None:
            own = self._resource.name
            column = (
                f"(SELECT joined.{joined.column} FROM {joined.table} AS joined"
                f" WHERE joined.organization_id = {own}.organization_id"
                f" AND joined.id = {own}.{joined.key})"
            )
        elif self._columns[column].kind is not Kind.UUID:
            return f"{column} {direction}"
        # No value stands for an absent one here, and the engines' own places for nulls differ.
        return f"{column} {direction} NULLS {'FIRST' if descending else 'LAST'}"

    def _filter(self, wanted: Filter) -> str:
        if wanted.name in self._resource.links:
            link = self._place(wanted.name)
            return self._side("links", f"link = {link}", "target", wanted.values)
        joined = self._resource.joined.get(wanted.name)
        if joined is not None and wanted.values:
            # One by one: for a list SQLite would read all objects, or all that they are joined with.
            found = [
                f"(SELECT id FROM {joined.table} WHERE organization_id = $1"
                f" AND {joined.column} = {self._place(value)} AND deleted_at IS NULL)"
                for value in wanted.values
            ]
            return f"({' OR '.join([f'{joined.key} = {one}' for one in found])})"
        if joined is not None:
            return "1 = 0"
        column = self._columns[wanted.name]
        values = [None if value is None else column.write(value) for value in wanted.values]
        if wanted.relation in _COMPARISONS:
            place = self._place(values[0])
            return f"{column.name} {_COMPARISONS[wanted.relation]} {place}"
        if not values:
            return "1 = 1" if wanted.relation == "none of" else "1 = 0"
        excluded = "NOT " if wanted.relation == "none of" else ""
        return f"{column.name} {excluded}IN ({self._places(values)})"

    def _search(self, text: str) -> str:
        pattern = self._place(f"%{collation.lower(text)}%")
        return f"{self._resource.searched} LIKE {pattern} ESCAPE '\\'"

    def _side(self, table: str, key: str, column: str, values: Iterable[Any]) -> str:
        """The condition that one of a key's values is in the side rows of an object."""
        resource = self._place(self._resource.name)
        return (
            f"sequence IN (SELECT sequence FROM commerce_{table} WHERE organization_id = $1"
            f" AND resource = {resource} AND {key} AND {column} IN ({self._places(values)}))"
        )

    def _places(self, values: Iterable[Any]) -> str:
        return ", ".join([self._place(value) for value in values])

    def _place(self, value: Any) -> str:
        self.arguments.append(value)
        return f"${len(self.arguments)}"


def _direction(descending: bool) -> str:  # noqa: FBT001 - a word of SQL for it
    return "DESC" if descending else "ASC"
