"""The page on which a run is set up: a sentence of choices, and what they come to."""
