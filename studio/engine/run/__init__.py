"""One run: checked, opened, saved, edited, branched."""
