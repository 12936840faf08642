"""`icefloe subscriptions`."""

from icefloe.cli import objects

app = objects.make_group("subscriptions")
