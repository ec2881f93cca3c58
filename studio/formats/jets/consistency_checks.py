"""Whether the numbers of a file agree with each other: columns in another order, a mass in another
unit or a mask of other jets leave numbers that are each possible, and together are no jets.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["COLUMNS", "Agreement"]

Floats = NDArray[np.float64]
NEGATIVE = 0.01  # of the real constituents: a column that is no pT has half of its values below 0
LEAST_SUM, MOST_SUM = 0.1, 2.0  # of the jet's pT: its few hardest constituents have as much
UNIT = 300.0  # between masses of one jet: 1,000 is a unit, a few are constituents that were cut
NARROW = 1e-4  # of the pT: a mass of constituents below it is one of a single one, or rounding
CONTRADICTED = 0.1  # of the places: a mask is wrong where more of it is against the numbers
COLUMNS = "choose which columns they are (importer jets-columns)."
"""What to do if the values do not match their columns."""
BELONGS = 0.3  # correlation of masses: of real jets at least 0.9, of their hardest 10 at least 0.6
ENOUGH, WHOLE = 100, 10  # jets of which it says something, and constituents that such a jet has
MASS_UNIT = (
    "the setting Unit holds for pT and mass alike: write the mass in the unit of the pT, or choose "
    "the columns without a jet mass (importer jets-columns)."
)


@dataclass
class Agreement:
    """Consistency counts of a file.

    Attributes:
        real: constituents.
        negative: constituents with negative pT.
        jets: jets with known pT and constituents.
        far: jets whose constituents sum to a very different pT.
        weighed: jets with a mass.
        heavy: jets with a mass above their pT.
        ratios: per block, median mass over that of the constituents.
        correlations: per block, of these masses: of values or ranks, the higher one.
        full, hidden: places with pT, and those masked as padding.
        hollow: all-zero places masked as real.
        empty: all all-zero places.
        numbered: jets with a number of constituents.
        miscounted: jets whose mask has another number.
        counted: jets with mass and number.
        exchanged: jets with integer mass and fractional number.
    """

    real: int = 0
    negative: int = 0
    jets: int = 0
    far: int = 0
    weighed: int = 0
    heavy: int = 0
    ratios: list[float] = field(default_factory=list)
    correlations: list[float] = field(default_factory=list)
    full: int = 0
    hidden: int = 0
    hollow: int = 0
    empty: int = 0
    numbered: int = 0
    miscounted: int = 0
    counted: int = 0
    exchanged: int = 0

    def count_columns(self, mass: NDArray[Any], number: NDArray[Any]) -> None:
        """Hold masses against numbers of constituents, (n,) each: only these are whole."""
        known = ~np.isnan(mass) & ~np.isnan(number)
        odd = (mass == np.floor(mass)) & (number != np.floor(number))
        self.counted += int(known.sum())
        self.exchanged += int((known & odd).sum())

    def count_mask(
        self, values: NDArray[Any], real: NDArray[np.bool_], number: NDArray[Any] | None
    ) -> NDArray[np.bool_]:
        """Hold a mask (n, N) against the numbers (n, N, 3) as the file has them, and the number of
        constituents that jets say (n,); return which places are zeros that it calls real.
        """
        empty = (values == 0.0).all(axis=2)
        full = values[..., 2] > 0.0  # NaN is no number, and stands in padding
        hollow: NDArray[np.bool_] = real & empty
        self.full += int(full.sum())
        self.hidden += int((full & ~real).sum())
        self.empty += int(empty.sum())
        self.hollow += int(hollow.sum())
        if number is not None:
            whole = (number >= 1.0) & (number == np.floor(number))  # others count something else
            other = real.sum(axis=1) != number.clip(0, real.shape[1])
            self.numbered += int(whole.sum())
            self.miscounted += int((whole & other).sum())
        return hollow

    def count_momenta(self, share: NDArray[Any], real: NDArray[np.bool_]) -> None:
        """Count the pT of real constituents over that of their jet, (n, N), all of them finite."""
        self.real += int(real.sum())
        self.negative += int(((share < 0.0) & real).sum())
        total = np.where(real, share, 0.0).clip(0.0).sum(axis=1, dtype=np.float64)
        self.jets += len(total)
        self.far += int(((total < LEAST_SUM) | (total > MOST_SUM)).sum())

    def count_masses(
        self, said: NDArray[Any], own: Floats, pt: NDArray[Any], size: NDArray[Any]
    ) -> None:
        """Count the masses that jets say, NaN for none, those of their constituents, and their pT,
        in GeV, and how many constituents they have: (n,) each.
        """
        known = ~np.isnan(said)
        self.weighed += int(known.sum())
        self.heavy += int((said[known] > pt[known]).sum())
        wide = known & (own > NARROW * pt) & (said > 0.0)
        if wide.any():
            self.ratios.append(float(np.median(said[wide] / own[wide])))
        # A mass of few constituents says little of that of the jet.
        whole = wide & (size >= WHOLE)
        if whole.sum() >= ENOUGH and np.ptp(said[whole]) > 0.0 and np.ptp(own[whole]) > 0.0:
            pair = np.stack([said[whole], own[whole]]).astype(np.float64)
            ranks = pair.argsort(axis=1).argsort(axis=1)
            self.correlations.append(max(float(np.corrcoef(each)[0, 1]) for each in (pair, ranks)))

    @property
    def against(self) -> str:
        """Say what of the jets cannot be, "" for nothing."""
        if self.negative > NEGATIVE * self.real:
            return (
                f"have a pT below 0 at {self.negative:,} of {self.real:,} constituents, so this "
                f"column is not pT: {COLUMNS}"
            )
        if self.exchanged > self.counted / 2:
            return (
                f"say a whole number for the mass and none for the constituents in "
                f"{self.exchanged:,} of {self.counted:,}, so these columns are exchanged: "
                f"{COLUMNS}"
            )
        if self.far > self.jets / 2:
            return (
                f"have constituents whose pT sum to less than {LEAST_SUM:g} or more than "
                f"{MOST_SUM:g} of the jet's in {self.far:,} of {self.jets:,}, so one of them is "
                f"no pT, or in another unit: {COLUMNS}"
            )
        if self._mask_is_wrong:
            return (
                f"have a mask that leaves out {self.hidden:,} of {self.full:,} constituents with a "
                f"pT and does not fit {self._unfit}: write the right mask, or {COLUMNS}"
            )
        return self._against_masses

    @property
    def _mask_is_wrong(self) -> bool:
        # Numbers left in padded places are usual; where it also takes zeros for real, or counts
        # others than the jets do, it is of other jets.
        return self.hidden > CONTRADICTED * self.full and bool(self._unfit)

    @property
    def _unfit(self) -> str:
        if self.hollow > CONTRADICTED * self.empty:
            return f"{self.hollow:,} of {self.empty:,} places of zeros, which it takes for real"
        if self.miscounted > self.numbered / 2:
            return f"the number of constituents that {self.miscounted:,} jets say"
        return ""

    @property
    def _against_masses(self) -> str:
        ratio = float(np.median(self.ratios)) if self.ratios else 1.0
        if not 1.0 / UNIT <= ratio <= UNIT:
            about = f"{ratio:,.0f}" if ratio > 1.0 else f"{ratio:.2g}"
            return (
                f"say a mass that is about {about} times that of their constituents, so it is in "
                f"another unit than the pT; {MASS_UNIT}"
            )
        if self.heavy > self.weighed / 2:
            return (
                f"say a mass above their pT in {self.heavy:,} of {self.weighed:,}, which no cone "
                f"holds; {MASS_UNIT}"
            )
        alike = float(np.median(self.correlations)) if self.correlations else 1.0
        if alike < BELONGS:
            return (
                f"say masses that do not go with their constituents (their correlation is "
                f"{alike:.2f}, of real jets above 0.9), so they are those of other jets: write the "
                "mass of each, or choose the columns without a jet mass (importer jets-columns)."
            )
        return ""
