"""What the domain speaks of: plain values that import nothing of ours but one another."""
