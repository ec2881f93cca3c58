"""Pages of the canvas that are no lenses of a run; each is imported when it is first shown."""
