"""The elements that molecules are made of here, and how many bonds each has."""

from collections.abc import Mapping

__all__ = ["ATOMS", "BONDS", "HYDROGEN", "VALENCES", "WEIGHTS"]

ATOMS = ("C", "N", "O", "F", "P", "S", "Cl", "Br", "I")
"""By the number under which they stand in a row: those of QM9 and of ZINC."""

BONDS = ("single", "double", "triple")
"""By their order, from 1. Rings of which one speaks as aromatic have alternating bonds."""

VALENCES: Mapping[str, tuple[int, ...]] = {
    "C": (4,),
    "N": (3,),
    "O": (2,),
    "F": (1,),
    "P": (3, 5, 7),
    "S": (2, 4, 6),
    "Cl": (1,),
    "Br": (1,),
    "I": (1, 3, 5),
}
"""The sums of bond orders that an atom without a charge may have, its hydrogens counted (the
valence model of OpenSMILES 1.0, section 3.1.5, with those of Cl, Br, P and I that RDKit knows)."""

WEIGHTS = (12.011, 14.007, 15.999, 18.998, 30.974, 32.06, 35.45, 79.904, 126.904)
"""Standard atomic weights in g/mol, in the order of `ATOMS` (IUPAC 2021, abridged)."""

HYDROGEN = 1.008
