"""Which version this is."""

from importlib import metadata

__version__ = metadata.version("icefloe")
