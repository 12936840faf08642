"""What customers have and buy: the rules of each resource, and what they have in common."""
