"""The kinds of data on the screen, one module each with a ``KIND``; see `studio.app.kinds.kind`."""
