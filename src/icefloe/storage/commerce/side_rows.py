"""The rows beside an object: its metadata and its links, by which lists are filtered."""

from uuid import UUID

from icefloe.domain.values import metadata
from icefloe.domain.values.documents import Document
from icefloe.storage import index_texts
from icefloe.storage.commerce.resources import Resource
from icefloe.storage.transaction import Transaction

_TABLES = ("commerce_metadata", "commerce_links")


class SideRows:
    """The side rows of one resource's objects; objects that are deleted have none."""

    def __init__(self, resource: Resource, transaction: Transaction) -> None:
        self._resource = resource
        self._transaction = transaction

    async def add(self, organization_id: UUID, sequence: int, document: Document) -> None:
        """Insert the rows of an object."""
        name = self._resource.name
        notes = metadata_of(document)
        if notes:
            await self._transaction.execute_many(
                "INSERT INTO commerce_metadata (organization_id, resource, key, value, sequence)"
                " VALUES ($1, $2, $3, $4, $5)",
                [(organization_id, name, key, value, sequence) for key, value in notes],
            )
        links = links_of(self._resource, document)
        if links:
            await self._transaction.execute_many(
                "INSERT INTO commerce_links (organization_id, resource, link, target, sequence)"
                " VALUES ($1, $2, $3, $4, $5)",
                [(organization_id, name, link, target, sequence) for link, target in links],
            )

    async def remove(self, organization_id: UUID, sequence: int) -> None:
        """Delete the rows of an object."""
        for table in _TABLES:
            await self._transaction.execute(
                f"DELETE FROM {table}"
                " WHERE organization_id = $1 AND resource = $2 AND sequence = $3",
                organization_id,
                self._resource.name,
                sequence,
            )

    async def remove_all(self, organization_id: UUID) -> None:
        """Delete the rows of all objects of an organization."""
        for table in _TABLES:
            await self._transaction.execute(
                f"DELETE FROM {table} WHERE organization_id = $1 AND resource = $2",
                organization_id,
                self._resource.name,
            )


def metadata_of(document: Document) -> list[tuple[str, str]]:
    """Each key of an object's metadata, and its value as the text that filters compare."""
    return [
        (index_texts.of_metadata_key(key), index_texts.of_metadata_value(metadata.text_of(value)))
        for key, value in document.get("metadata", {}).items()
    ]


def links_of(resource: Resource, document: Document) -> list[tuple[str, UUID]]:
    """What an object is linked to: each link's name and target, once."""
    return [
        (link, target)
        for link, find in resource.links.items()
        for target in dict.fromkeys(find(document))
    ]
