"""What leaves the house: webhooks, which a courier takes from the database and sends."""
