"""What an operator does to a database: migrate, check, copy; whichever engine it is."""
