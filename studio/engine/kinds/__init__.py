"""What the engine does differently for each kind of data: one file each, found by discovery."""
