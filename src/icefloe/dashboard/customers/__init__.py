"""The dashboard's pages of customers and their members."""
