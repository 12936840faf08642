"""What ASGI applications share: types, arriving bodies, the base path, the public URL."""
