"""The parts of the window: bars, columns, canvas, messages, palette and dialogs."""
