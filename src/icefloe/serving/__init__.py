"""The running server: its connections, the address it listens on, and how it ends."""
