"""Features of rows by a learned representation, and the Fréchet distance of a run in them."""

from typing import Annotated

import torch
from torch import Tensor

from pushforward.models.config import Config, NoConfig, RunRef, param
from pushforward.models.contracts.abilities import Represents
from pushforward.models.contracts.family import Family
from pushforward.models.metrics.samples.frechet import frechet_distance
from pushforward.models.operators.base import (
    Operation,
    Outcome,
    Progress,
    SeedSetting,
    Slot,
    Work,
)
from pushforward.models.operators.drawing import draw_samples
from pushforward.models.operators.editing import PIECE, ROWS
from pushforward.models.registry import operator

__all__ = ["Features", "RepresentationFrechet", "RepresentationFrechetConfig"]


def _features(operation: Operation, x: Tensor) -> Tensor:
    """Return the features of rows in the units of the data, on the CPU."""
    model = operation.learner
    assert isinstance(model, Represents)
    return model.represent(operation.learner.spec.standardise(x).to(operation.learner.device)).cpu()


@operator(
    "features",
    title="Features",
    summary="Computes the features of samples, and the nearest sample of the training data by "
    "them.",
    source="Jahanian et al. 2022, arXiv:2106.05258",
    needs=("represent",),
    takes=(Slot(ROWS, "Samples", "Samples whose features are computed.", unless="test"),),
    reads_data=True,
)
class Features:
    """The averaged encoder without its head."""

    def __init__(self, config: NoConfig) -> None:
        self.config = config

    def work(self, operation: Operation) -> Work:
        """Compute them; see `models.operators.base.Operator`. The arrays are "features" (n, k);
        where there are training data "nearest" (n,), the number of the nearest training row by
        cosine similarity, and "similarity" (n,).
        """
        x, found = operation.handed[ROWS].x, []
        for start in range(0, len(x), PIECE):
            found.append(_features(operation, x[start : start + PIECE]))
            yield Progress(min(len(x), start + PIECE), len(x))
        arrays = {"features": torch.cat(found)}
        if operation.data is not None:
            learned = _features(operation, operation.data().rows(slice(0, 20_000)).x)
            seen = torch.nn.functional.normalize(arrays["features"], dim=1)
            similarity = seen @ torch.nn.functional.normalize(learned, dim=1).T
            best = similarity.max(dim=1)
            arrays |= {"nearest": best.indices, "similarity": best.values}
        k = arrays["features"].shape[1]
        return Outcome(arrays=arrays, note=f"{len(x):,} samples, {k} features each.")


class RepresentationFrechetConfig(Config, frozen=True):
    """Whose samples are compared with real data, and how many."""

    run: Annotated[
        RunRef,
        param("Run", "The generator whose samples are measured.", role="samples"),
    ] = RunRef()
    n: Annotated[int, param("Samples", "Number of samples.", low=16, high=50_000, log=True)] = 500
    seed: SeedSetting = 0


@operator(
    "representation-frechet",
    title="Fréchet distance in these features",
    summary="Compares samples of another run with unseen real data by the Fréchet distance in the "
    "features of this run, next to its noise floor.",
    source="Dowson and Landau 1982, doi:10.1016/0047-259X(82)90077-X, eq. 4",
    needs=("represent",),
    reads_data=True,
    config=RepresentationFrechetConfig,
)
class RepresentationFrechet:
    """The noise floor is the distance of as many training rows from the same unseen rows."""

    def __init__(self, config: RepresentationFrechetConfig) -> None:
        self.config = config

    def work(self, operation: Operation) -> Work:
        """Measure; see `models.operators.base.Operator`. The arrays are "distance" and "floor",
        0-d, and "n".

        Raises:
            ValueError: no run was chosen, or it has samples of another size.
        """
        made_by = operation.models.get("run")
        if not isinstance(made_by, Family):
            raise ValueError("choose the run whose samples are measured: set run to its number")
        if made_by.spec.shape != operation.learner.spec.shape:
            raise ValueError("that run has samples of another size: choose one on the same data")
        held = operation.held() if operation.held is not None else None
        if held is None or operation.data is None:
            raise ValueError("no samples are set apart to compare with: import with a test share")
        n = min(self.config.n, len(held), len(operation.data()))
        rows = yield from draw_samples(made_by, n, self.config.seed)
        real = _features(operation, held.rows(slice(0, n)).x)
        distance = frechet_distance(_features(operation, rows.x), real)
        learned = operation.data().rows(slice(0, n)).x
        floor = frechet_distance(_features(operation, learned), real)
        arrays = {"distance": torch.tensor(distance), "floor": torch.tensor(floor)}
        note = f"Fréchet distance {distance:.3g}, noise floor {floor:.3g} (n = {n:,} each)."
        return Outcome(arrays={**arrays, "n": torch.tensor(n)}, note=note)
