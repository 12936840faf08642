"""How it is kept: implements the port of `domain/ports/storage.py` with SQL."""
