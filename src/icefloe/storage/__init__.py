"""The storage: implements the ports of `domain/ports/` with SQL."""
