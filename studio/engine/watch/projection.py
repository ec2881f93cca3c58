"""Data in a plane: the two directions in which a judge's features of unseen data vary most."""

from collections.abc import Generator, Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.data import Judge, RowSource
from pushforward.models.contracts.spec import DataSpec
from pushforward.studio.engine.data.reference_classifier import Judging
from pushforward.studio.engine.watch.extras import Frames

__all__ = ["Plane", "Projection"]

Floats = NDArray[np.float32]
MOST = 500


class Plane:
    """The plane of the first two principal components of features (n, k), about their mean.

    Each component points to where its largest loading is positive, so that the same features give
    the same picture.
    """

    def __init__(self, features: Tensor) -> None:
        x = features.double()
        self._mean = x.mean(dim=0)
        _, vectors = torch.linalg.eigh((x - self._mean).T @ (x - self._mean))
        axes = vectors[:, -2:].flip(1)
        largest = axes.gather(0, axes.abs().argmax(dim=0, keepdim=True))
        self._axes = axes * largest.sign()

    def place(self, features: Tensor) -> Tensor:
        """Return where features (n, k) are in the plane, (n, 2)."""
        places: Tensor = (features.double() - self._mean) @ self._axes
        return places.float()


class Projection:
    """Particles of each frame in principal components of the reference classifier's features, with
    unseen data. Fitted once to the unseen data, independent of the model.
    """

    def __init__(self, judging: Judging, unseen: RowSource) -> None:
        self._judging = judging
        self._unseen = unseen
        self._ready: tuple[Judge, Plane, Floats] | None = None

    def prepare(self) -> Generator[bool, None, None]:
        """Have the judge made and the plane fitted; yields False meanwhile."""
        if self._ready is None:
            judge = yield from self._judging.prepare()
            features = judge.features(self._unseen.rows(slice(None)))
            plane = Plane(features)
            self._ready = judge, plane, plane.place(features[:MOST]).numpy()

    def pieces(self, frames: Frames, latents: Batch, spec: DataSpec) -> Iterator[Floats]:
        """Yield the places (1, n, 2) of each frame's particles; their masks and conditions are
        those of the latents, standardised.

        Raises:
            RuntimeError: it has not been prepared.
        """
        judge, plane, _ = self._require_ready()
        like = latents.to(torch.device("cpu"))
        for _, x in frames:
            features = judge.features(spec.restored(like.holding(x)))
            yield plane.place(features).unsqueeze(0).numpy()

    @property
    def target(self) -> Floats:
        """Where (at most 500 of) the unseen data are, (m, 2)."""
        return self._require_ready()[2]

    def _require_ready(self) -> tuple[Judge, Plane, Floats]:
        if self._ready is None:
            raise RuntimeError("the projection has to be prepared first")
        return self._ready
