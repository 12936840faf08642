"""What an operator does to a database of any engine: migrate, check, back up, copy."""
