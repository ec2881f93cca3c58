"""Networks for sets: places without an order, some of them padded."""
