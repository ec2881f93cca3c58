"""Convert the numbers of a JetNet file to the parts of a data set. Damaged jets are skipped,
unusual ones corrected; both are counted and reported.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pushforward.observables.jets import cone
from pushforward.observables.jets.kinematics import masses
from pushforward.studio.counts import format_count
from pushforward.studio.formats.jets.consistency_checks import COLUMNS, Agreement
from pushforward.studio.formats.jets.layout import hardest_first
from pushforward.studio.store.parts import Block

__all__ = ["Tally", "cleaned"]

Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]
Rows = NDArray[np.intp]
LIGHTEST = 1e-3  # GeV: a mass is seen by its logarithm, and rounding may take it below 0
MOST_SHARE = 10.0  # of the jet's pT in all constituents: 1 in real jets, hundreds where it is GeV
LEAST_SHARE = 0.01  # where the pT of the jet is in another unit than that of its constituents
HARDEST, SOFTEST = 5e4, 5.0  # GeV: a typical jet outside of these is of another unit
MOST_MOVED = 0.02  # of the constituents: some thousandths are; with half the radius it is 8 %
ASTRAY, NO_ANGLES = 2.5, 0.1  # more than so many farther than any cone is wide: as of degrees
MASKED = 0.5  # a mask is 0 and 1, or elsewhere -0.5 and 0.5

NOT_FINITE = "with a number that is not finite"
EMPTY = "without a constituent"
TOO_MUCH = (
    "whose constituents have more than 10 times its pT (their pT_rel are shares of it; momenta "
    "come in by their columns)"
)
TOO_LITTLE = "whose constituents have less than a hundredth of its pT"
STILL = "without a pT above 0"
IMAGINARY = "with a mass below 0"


@dataclass
class Tally:
    """Counts of corrections in a file.

    Attributes:
        radius: R of the clustering.
        jets: number of jets.
        left_out: number of jets by reason, and the first one.
        moved: constituents too far from the axis.
        astray: those beyond any jet.
        turned: constituents with phi off by a turn.
        lifted: constituents with negative pT.
        rounded: jets with a mass just below 0.
        halfway: places with a mask neither 0 nor 1.
        typical: GeV, median pT of each block of jets.
        agreement: consistency of the numbers.
    """

    radius: float = cone.USUAL
    jets: int = 0
    left_out: dict[str, tuple[int, int]] = field(default_factory=dict)
    moved: int = 0
    astray: int = 0
    turned: int = 0
    lifted: int = 0
    rounded: int = 0
    halfway: int = 0
    typical: list[float] = field(default_factory=list)
    agreement: Agreement = field(default_factory=Agreement)

    @property
    def widest(self) -> float:
        """How far from the axis in eta or phi a constituent stays."""
        return cone.widest(self.radius)

    def _far(self, count: int, widest: float) -> str:
        return (
            f"have {count:,} of {self.agreement.real:,} constituents farther than {widest:g} "
            "from the axis in eta or phi, so that"
        )

    @property
    def outlandish(self) -> str:
        """Say that the jets must be in another unit or wider, "" where they need not."""
        if self.astray > NO_ANGLES * self.agreement.real:
            return (
                f"{self._far(self.astray, ASTRAY)} these are no angles from it in radians: write "
                f"them as such, or {COLUMNS}"
            )
        if self.moved > MOST_MOVED * self.agreement.real:
            return (
                f"{self._far(self.moved, self.widest)} they are of a wider cone than "
                f"R = {self.radius:g}: set R to what they were clustered with."
            )
        pt = float(np.median(self.typical)) if self.typical else HARDEST
        if SOFTEST <= pt <= HARDEST:
            return ""
        if pt > HARDEST:
            why, other = "beyond any collider", "smaller unit, such as MeV"
        else:
            why, other = "too low for a jet", "larger unit, such as TeV"
        about = f"{pt:,.0f}" if pt > HARDEST else f"{pt:.2g}"
        return f"have a pT of about {about} GeV, {why}: choose a {other}."

    @property
    def kept(self) -> int:
        """How many jets are taken."""
        return self.jets - sum(count for count, _ in self.left_out.values())

    def leave_out(self, reason: str, bad: Bools, start: int) -> None:
        """Count the bad ones of a block of jets that begins with the jet of this number."""
        if count := int(bad.sum()):
            before, first = self.left_out.get(reason, (0, start + int(np.flatnonzero(bad)[0])))
            self.left_out[reason] = (before + count, first)

    @property
    def reasons(self) -> str:
        """Why jets are left out: "2 without a constituent (the first is jet 3)"."""
        return ", ".join(
            f"{count:,} {reason} ({'this' if count == 1 else 'the first'} is jet {first:,})"
            for reason, (count, first) in self.left_out.items()
        )

    def notes(self) -> list[str]:
        """Say in sentences what was made of the numbers."""
        gone = self.jets - self.kept
        places = format_count(self.halfway, "place")
        moved, turned = (format_count(n, "constituent") for n in (self.moved, self.turned))
        said = (
            (gone, f"{format_count(gone, 'jet')} of {self.jets:,} left out: {self.reasons}."),
            (
                self.moved,
                f"{moved} farther than {self.widest:g} (1.25 R) from the axis in eta or phi, moved "
                "there.",
            ),
            (self.turned, f"{turned} with a phi beyond pi, turned by 2 pi."),
            (
                self.lifted,
                f"{format_count(self.lifted, 'constituent')} with a pT below 0, taken for 0.",
            ),
            (
                self.rounded,
                f"{format_count(self.rounded, 'jet')} with a mass just below 0, as rounding "
                "leaves it, "
                "taken for 0.",
            ),
            (
                self.halfway,
                f"a mask neither 0 nor 1 at {places}: constituents are real from {MASKED} on.",
            ),
            (
                self.agreement.hollow,
                f"{format_count(self.agreement.hollow, 'place')} of zeros that the mask calls "
                "real, "
                "taken for padding.",
            ),
        )
        return [text for count, text in said if count]


def cleaned(
    blocks: Iterable[tuple[int, NDArray[Any], NDArray[Any]]], tally: Tally
) -> Iterator[tuple[Rows, Block]]:
    """Yield the jets of a file block by block: the indices of those kept, and their parts x, size,
    pt, eta and mass; counts go to ``tally``.

    Args:
        blocks: index of the first jet; clouds (n, N, 4) of relative eta and phi, pT fraction and
            mask, or (n, N, 3) without mask; and jets (n, 3): pT in GeV, eta, mass in GeV (NaN to
            compute it from the constituents); (n, 4) with the number of constituents.
        tally: of this file.
    """
    for start, clouds, jets in blocks:
        tally.jets += len(clouds)
        mask = clouds[..., 3] if clouds.shape[2] == 4 else (clouds[..., 2] > 0.0).astype(np.float32)
        real = mask >= MASKED
        if clouds.shape[2] == 4:
            number = jets[:, 3] if jets.shape[1] > 3 else None
            real &= ~tally.agreement.count_mask(clouds[..., :3], real, number)
        if jets.shape[1] > 3:
            tally.agreement.count_columns(jets[:, 2], jets[:, 3])
        # Whatever stands in a padded place is no number of the jet.
        values = np.where(real[..., None], clouds[..., :3], np.float32(0.0))
        good = np.ones(len(values), bool)
        for reason, bad in _damage(values, mask, real, jets):
            tally.leave_out(reason, good & bad, start)
            good &= ~bad
            if reason == STILL:
                tally.agreement.count_momenta(values[good, :, 2], real[good])
        tally.halfway += int(((mask[good] != 0.0) & (mask[good] != 1.0)).sum())
        known = jets[good]
        tally.rounded += int((known[:, 2] < 0.0).sum())
        if len(known):
            tally.typical.append(float(np.median(known[:, 0])))
        yield start + np.flatnonzero(good), _parts(values[good], real[good], known, tally)


def _damage(values: Floats, mask: Floats, real: Bools, jets: Floats) -> Iterator[tuple[str, Any]]:
    """Yield each reason to leave jets out, and for which it holds."""
    finite = np.isfinite(values).all(axis=(1, 2)) & np.isfinite(mask).all(axis=1)
    finite &= np.isfinite(jets[:, :2]).all(axis=1) & ~np.isinf(jets[:, 2])
    yield NOT_FINITE, ~finite
    yield EMPTY, ~real.any(axis=1)
    yield STILL, jets[:, 0] <= 0.0
    share = values[..., 2].clip(0.0).sum(axis=1, dtype=np.float64)
    yield TOO_MUCH, share > MOST_SHARE
    yield TOO_LITTLE, share < LEAST_SHARE
    yield IMAGINARY, jets[:, 2] < -LIGHTEST


def _parts(values: Floats, real: Bools, jets: Floats, tally: Tally) -> Block:
    """Return jets as parts of a data set; a NaN mass is computed from the constituents."""
    values = hardest_first(values, real)
    beyond = np.abs(values[..., 1]) > np.pi
    values[..., 1] -= np.where(beyond, 2 * np.pi * np.round(values[..., 1] / (2 * np.pi)), 0.0)
    off = np.abs(values[..., :2]).max(axis=2)
    tally.turned += int(beyond.sum())
    tally.moved += int((off > tally.widest).sum())
    tally.astray += int((off > ASTRAY).sum())
    tally.lifted += int((values[..., 2] < 0.0).sum())
    angles = values[..., :2].clip(-tally.widest, tally.widest)
    momenta = values[..., 2].astype(np.float64).clip(0.0) * jets[:, :1]
    own = masses(angles, momenta)
    tally.agreement.count_masses(jets[:, 2], own, jets[:, 0], real.sum(axis=1))
    mass = np.where(np.isnan(jets[:, 2]), own, jets[:, 2])
    return {
        "x": np.concatenate([angles, np.log1p(momenta)[..., None]], axis=2, dtype=np.float32),
        "size": real.sum(axis=1).astype(np.int64),
        "pt": jets[:, 0],
        "eta": jets[:, 1],
        "mass": np.maximum(mass, LIGHTEST).astype(np.float32),
    }
