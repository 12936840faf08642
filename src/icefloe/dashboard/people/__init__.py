"""The dashboard's pages of the people who may sign in."""
