"""The rules of what customers have, buy and use."""
