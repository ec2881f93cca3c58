"""A denoising sequence: frame by flow time, and captions. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pushforward.studio.app.text import number_format
from pushforward.studio.counts import format_count
from pushforward.studio.figures import short

__all__ = ["FilmFound"]

Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class FilmFound:
    """What the operators "film" and "film-of-rows" say, T frames of n samples: ``t`` and ``s`` (T,)
    flow times and noise levels, ``nfe`` (T,), ``way`` and ``foreseen`` (T, n, ...), ``score`` and
    ``left`` (T, n).
    """

    t: Floats
    s: Floats
    nfe: NDArray[np.int64]
    way: Floats
    foreseen: Floats
    score: Floats
    left: Floats

    @classmethod
    def of(cls, arrays: Mapping[str, NDArray[Any]]) -> "FilmFound":
        """Take the arrays of a result.

        Raises:
            KeyError: one is missing.
            ValueError: they are not of the same frames.
        """
        names = ("t", "s", "nfe", "way", "foreseen", "score", "left")
        found = [np.asarray(arrays[name]) for name in names]
        if len({len(each) for each in found}) != 1 or not len(found[0]):
            raise ValueError("its arrays have different numbers of frames")
        return cls(*found)

    @property
    def count(self) -> int:
        """How many samples are followed."""
        return int(self.way.shape[1])

    def at(self, flow: float) -> int:
        """Return the frame that is nearest to a flow time, the last of those that are as near: the
        smallest noise and none of it may be of one time.
        """
        return len(self.t) - 1 - int(np.abs(self.t - flow)[::-1].argmin())

    def strip(self, most: int, now: int = 0) -> NDArray[np.int64]:
        """Return at most ``most`` frames, evenly spaced with first and last, including ``now`` in
        place of the nearest one.
        """
        found = np.unique(np.linspace(0, len(self.t) - 1, most).round().astype(np.int64))
        if now not in found and len(found) > 2:
            found[1 + int(np.abs(found[1:-1] - now).argmin())] = now
        return found

    def ends(self) -> str:
        """Say where s |score| ends, and why not at the last frame: the smallest noise level and
        none have one flow time.
        """
        some = np.flatnonzero(self.s > 0)
        if not len(some):
            return ""
        s, t = float(self.s[some[-1]]), float(self.t[some[-1]])
        text = f"The first curve ends at s = {short(s, 3)}, t = {t:.2f}"
        if len(some) < len(self.s):
            text = f"{text}: at s = 0 it would be 0/0"
        return (
            f"{text}. It is 1 if the denoiser recovers the noise exactly. At small s the error of "
            "the network dominates."
        )

    def describe(self, frame: int, sample: int, *, led: bool = False) -> str:
        """Describe a frame: number, time, noise level, evaluations and the norm of the score of a
        sample. For ``led`` samples the evaluations include guidance.
        """
        n, s = len(self.t), float(self.s[frame])
        parts = [
            f"frame {frame + 1} of {n}",
            f"t = {float(self.t[frame]):.2f}",
            f"s = {short(s, 3)}",
        ]
        evaluations = format_count(int(self.nfe[frame]), "evaluation")
        parts.append(f"{evaluations} with guidance" if led else evaluations)
        if s > 0:
            parts.append(f"|score| {number_format.figure(float(self.score[frame, sample]))}")
            ahead = number_format.figure(float(self.left[frame, sample]))
            parts.append(f"D is {ahead} from its sample")
        return ", ".join(parts)
