"""Which requests about commerce are valid: a module for each noun."""
