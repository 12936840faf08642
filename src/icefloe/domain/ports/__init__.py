"""What the domain asks of a storage engine: protocols over the values."""
