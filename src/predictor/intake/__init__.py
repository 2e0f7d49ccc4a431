"""A firm's export on its way to the two tables."""
