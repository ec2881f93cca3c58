"""The names of the curves of a run, as `studio.protocol.events.Metrics` and the metrics file have
them; the losses of a family have the names that it gives them.
"""

__all__ = ["COST", "FLOOR", "HIGH", "LOW", "NFE", "QUALITY", "SAMPLES"]

QUALITY = "quality/"
"""In front of the slug of a metric: its value at each evaluation."""
COST = "cost/"
"""In front of all that is no curve to look at: costs, floors and intervals."""
FLOOR = f"{COST}floor/"
"""In front of a metric's slug, or of "spread/<slug>": its noise floor and the SD of that."""
LOW, HIGH = f"{COST}low/", f"{COST}high/"
"""In front of a metric's slug: the ends of the 95 % interval of its value."""
NFE = f"{COST}nfe"
"""Network evaluations per sample."""
SAMPLES = f"{COST}samples"
"""Number of samples of an evaluation."""
