"""A first contract, read from a database: what is there already need not be typed again."""
