"""Products, subscriptions and orders: their lists, and a page for each."""
