"""Series: from tables and sounds, and to them."""
