"""`icefloe products`."""

from icefloe.cli import objects

app = objects.make_group("products")
