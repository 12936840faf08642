"""`icefloe orders`."""

from icefloe.cli import objects

app = objects.make_group("orders")
