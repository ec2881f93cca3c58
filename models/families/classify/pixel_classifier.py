"""What classical classifiers of a scene share: they see each labelled pixel once, and are fitted
when they are first asked.
"""

from abc import abstractmethod
from collections.abc import Mapping
from typing import ClassVar, TypeVar, Unpack

import torch
from torch import Tensor

from pushforward.models.classical.base import FittedClassifier
from pushforward.models.config import Config
from pushforward.models.contracts.batch import Batch, Rows
from pushforward.models.contracts.learner import Learner, Training, Walk
from pushforward.models.contracts.spec import LABEL, POSITION, DataSpec
from pushforward.models.contracts.state import Packed, State

__all__ = ["PixelClassifier", "SeenPixels", "middle_pixels"]

C = TypeVar("C", bound=Config)


def middle_pixels(rows: Batch) -> Tensor:
    """Return the spectrum in the middle of each window, (n, channels)."""
    return rows.x[:, :, rows.x.shape[2] // 2, rows.x.shape[3] // 2]


class SeenPixels:
    """Numbers x (n, d) and classes y (n,) of the labelled pixels seen so far, each once."""

    def __init__(self, d: int) -> None:
        self._rows = torch.zeros((0, d + 1), dtype=torch.float64)

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def x(self) -> Tensor:
        """Numbers of each pixel, (n, d) float64."""
        return self._rows[:, :-1]

    @property
    def y(self) -> Tensor:
        """Class of each pixel, (n,) int64."""
        return self._rows[:, -1].long()

    def add(self, x: Tensor, y: Tensor) -> None:
        """Add pixels x (m, d) of classes y (m,). Sorted, so that their order does not matter."""
        rows = torch.cat([x.double().cpu(), y.double().cpu()[:, None]], dim=1)
        self._rows = torch.unique(torch.cat([self._rows, rows]), dim=0)

    def pack(self, state: State, part: str) -> None:
        """Add them to a state."""
        state.keep(f"{part}/rows", self._rows)

    def unpack(self, state: State, part: str) -> None:
        """Restore them.

        Raises:
            ValueError: they have another number of values.
        """
        self._rows = state.tensor(f"{part}/rows", (-1, self._rows.shape[1])).double()

    def parameter_count(self) -> int:
        """Nothing of it is trained by a gradient."""
        return 0


class PixelClassifier(Learner[C]):
    """A classifier that is fitted to all labelled pixels at once."""

    UNSHARED = "It counts or solves in closed form: no gradient is shared."

    POSITION: ClassVar[bool] = False
    """Whether it sees the place of a pixel and not its spectrum."""

    def __init__(self, config: C, spec: DataSpec, **training: Unpack[Training]) -> None:
        super().__init__(config, spec, **training)
        self.classes = spec.given[LABEL].classes
        self.seen = SeenPixels(2 if self.POSITION else spec.shape[0])
        self._fitted: tuple[int, FittedClassifier] | None = None

    @property
    def parts(self) -> Mapping[str, Packed]:
        return {"pixels": self.seen}

    def walk(self, batch: Rows) -> Walk:
        """Note the labelled pixels of a batch. The "loss" is that of a uniform guess: nothing is
        descended.
        """
        rows = Batch.of(batch)
        self.seen.add(self._numbers(rows), rows.given[LABEL].long())
        yield "collect", {"real": rows.x}
        return {"loss": torch.tensor(float(self.classes)).log(), "pixels": _count(self.seen)}

    def load_state(self, state: State) -> None:
        super().load_state(state)
        self._fitted = None

    def classify(self, x: Rows) -> Tensor:
        """Return log p(class | x), (n, classes), uniform before the first pixel."""
        rows = Batch.of(x)
        return self._scores(self._numbers(rows)).to(rows.x)

    def classify_scene(self, padded: Tensor) -> Tensor | None:
        """Return log p(class | pixel) of each pixel of a scene with its margin, (classes, H, W);
        None where the place of a pixel counts.
        """
        if self.POSITION:
            return None
        margin = self.spec.shape[1] // 2
        height, width = (n - 2 * margin for n in padded.shape[1:])
        pixels = padded[:, margin : margin + height, margin : margin + width]
        scores = self._scores(pixels.flatten(1).T).to(padded)
        return scores.T.reshape(self.classes, height, width)

    @abstractmethod
    def fit(self, x: Tensor, y: Tensor) -> FittedClassifier:
        """Return the classifier fitted to pixels x (n, d) float64, standardised, of classes y."""

    def _scores(self, numbers: Tensor) -> Tensor:
        if not len(self.seen):
            return torch.zeros((len(numbers), self.classes)).log_softmax(dim=1)
        if self._fitted is None or self._fitted[0] != len(self.seen):
            self._fitted = (len(self.seen), self.fit(self.seen.x, self.seen.y))
        return self._fitted[1].log_prob(numbers.double().cpu())

    def _numbers(self, rows: Batch) -> Tensor:
        if not self.POSITION:
            return middle_pixels(rows)
        if POSITION not in rows.given:
            raise ValueError("these samples have no position: the nearest label is unknown")
        return self.spec.restored(rows).given[POSITION]


def _count(seen: SeenPixels) -> Tensor:
    return torch.tensor(float(len(seen)))
