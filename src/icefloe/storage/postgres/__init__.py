"""PostgreSQL: the engine for those who outgrow one machine."""
