"""Which view shows what operators make of a run, and which of its results is looked at. Pure."""

__all__ = ["BROWSERS", "SAMPLES", "SEEN", "number_of", "operator_of", "view_of"]

SAMPLES = "samples"
SEEN = {
    "attack": "samples/purified",
    "averaging-lengths": "quality/lengths",
    "bound": "quality/bound",
    "film": "samples/film",
    "guidance-lab": "samples/guidance",
    "image-guidance": "samples/image-guidance",
    "impute": "quality/filled",
    "likelihood-lab": "quality/likelihood",
    "outliers": "samples/anomaly",
    "refine-scene": "samples/scene",
    "solver-lab": "quality/solvers",
}
"""Views of the results of operators that are no samples, by `WindowRequests.show_lens`."""

BROWSERS = ("browser", "scatter")
"""The views of Samples that show rows of a result, for any data type."""


def operator_of(result: str) -> str:
    """Return the operator that a result came of, by its name: "0002-solver-lab"."""
    return result.partition("-")[2]


def number_of(result: str) -> int:
    """Return the number of a result, by its name."""
    return int(result.partition("-")[0])


def view_of(operator: str) -> str:
    """Return the view that shows what an operator makes: rows are browsed among the samples."""
    return SEEN.get(operator, SAMPLES)
