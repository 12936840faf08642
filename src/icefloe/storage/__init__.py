"""How it is kept: implements the port of `domain/storage.py` with SQL."""
