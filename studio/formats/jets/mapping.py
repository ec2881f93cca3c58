"""Jets from columns with roles given by the user or their names."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pushforward.studio.formats.arrayfiles import Array, shapes_of
from pushforward.studio.formats.jets.columns import Column, Columns, columns_of, read_together
from pushforward.studio.formats.jets.importing import SCALES
from pushforward.studio.formats.jets.layout import (
    MOST_NAMES,
    MOST_PLACES,
    TYPES,
    hardest_first,
    type_of,
)
from pushforward.studio.formats.jets.roles import (
    CLOUD_ROLES,
    JET_ROLES,
    LABEL,
    each_of,
    guessed,
    is_relative,
)
from pushforward.studio.formats.limits import FormatError, check_block, rows_at_once

__all__ = ["ABSENT", "MappedFile", "mapped", "sources_of"]

ABSENT = "none"
"""Choice for a column that the file does not have."""
HINT = (
    "A jet is made of pT, eta and phi of its constituents, or of px, py and pz: choose the columns."
)
LOOKED_AT = 2000  # jets
CENTRAL = 0.1  # from the axis of a jet to its middle, where angles are relative
WHOLE = 1.5  # of the pT of a jet in all constituents, where these are shares
NEARLY_ALL = 0.95
EXACT = 2.0**24  # whole numbers below it are told apart as 32-bit floats, too
PHRASE = re.compile(r"\s*(?:(-?\d+)\s*=\s*)?(.+?)\s*")
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class MappedFile:
    """An open file and the roles of its columns; a `studio.formats.jets.importing.JetRows`.

    Attributes:
        path: of the file.
        roles: the column of each role.
        size: number of jets, and of constituents per jet.
        places: number of hardest constituents to keep.
        relative: whether angles are relative to the jet axis.
        share: whether pT are fractions of the jet pT.
        scale: factor from momenta, energies and masses to GeV.
        radius: R of the clustering.
        pt: GeV, of jets without pT.
        types, labels, notes: as of `JetRows`.
    """

    path: Path
    roles: Mapping[str, Column]
    size: tuple[int, int]
    places: int
    relative: bool
    share: bool
    scale: float
    radius: float
    pt: float
    types: tuple[str, ...]
    labels: NDArray[np.int64] | None
    notes: list[str] = field(default_factory=list)

    def blocks(self) -> Iterator[tuple[int, NDArray[Any], NDArray[Any]]]:
        """Yield the jets in order, as `studio.formats.jets.cleaning.cleaned` takes them."""
        roles = [role for role in self.roles if role != LABEL]
        read = read_together([self.roles[role] for role in roles])
        n, places = self.size
        # Eight numbers of each constituent are held while one block is worked on.
        step = rows_at_once(64 * places)
        for start in range(0, n, step):
            values = read(start, min(start + step, n))
            found = {role: np.asarray(v, np.float64) for role, v in zip(roles, values, strict=True)}
            with np.errstate(all="ignore"):  # what is not finite is found among the values
                clouds, jets = self._convert(found)
                yield start, clouds.astype(np.float32), jets.astype(np.float32)

    def _convert(self, found: Mapping[str, Floats]) -> tuple[Floats, Floats]:
        """Return clouds (k, N, 4) and jets (k, 3) of some rows of the columns."""
        pt, eta, phi, energy = _polar(found)
        real = _real(found, pt)
        known = {role: found[role] for role in JET_ROLES if role in found}
        total = _sum(*(np.where(real, each, 0.0) for each in (pt, eta, phi, energy)))
        jet_pt = np.full_like(total[0], self.pt) if self.share else total[0] * self.scale
        if "jet_pt" in known:
            jet_pt = known["jet_pt"] * self.scale
        axis, turn = known.get("jet_eta", total[1]), known.get("jet_phi", total[2])
        mass = total[3] * (jet_pt if self.share else self.scale)
        if "jet_mass" in known:
            # One that is none is damage, and not a wish for that of the constituents.
            mass = np.where(np.isnan(known["jet_mass"]), np.inf, known["jet_mass"] * self.scale)
        if not self.relative:
            eta, phi = eta - axis[:, None], _turned(phi - turn[:, None])
        elif "jet_eta" not in known:
            axis = np.zeros_like(jet_pt)
        share = pt if self.share else pt * self.scale / jet_pt[:, None]
        clouds = np.stack([eta, phi, share, real.astype(np.float64)], axis=2)
        clouds[~real] = 0.0
        if self.places < self.size[1]:
            clouds = hardest_first(clouds, real)[:, : self.places]
        return clouds, np.stack([jet_pt, axis, mass], axis=1)


def mapped(
    path: Path, arrays: Sequence[Array], options: Mapping[str, Any], called: str = ""
) -> MappedFile:
    """Return the jets of an open file by the given or guessed roles of its columns; ``called`` is
    the type if all jets have the same, "" to take it from the file name.

    Raises:
        FormatError: a column is missing, or the columns do not suffice for jets.
    """
    columns = columns_of(arrays, each_of(arrays, int(options["each"])))
    roles = _roles(path, arrays, columns, options)
    n, width = _shape(path, roles)
    if not 0 < width <= MOST_PLACES:
        first = next(iter(roles.values()))
        raise FormatError(
            f"{path.name}: {first.name} has {width:,} constituents a jet; the limit is "
            f"{MOST_PLACES:,}.",
            HINT,
        )
    most = int(options["most"])
    notes = [_describe_roles(roles)]
    if each := max((column.each for column in roles.values()), default=0):
        notes.append(f"{each} numbers of each constituent stand side by side in a row.")
    relative = _relative(roles, options["angles"], notes)
    scale = SCALES[options["unit"]]
    share = _share(roles, options["momenta"], notes)
    pt = float(options["assumed_pt"])
    if share and "jet_pt" not in roles:
        notes.append(f"the jet pT is missing: it is set to {pt:,g} GeV.")
    if "mask" not in roles:
        notes.append("it has no mask: constituents with a pT above 0 are treated as real.")
    if 0 < most < width:
        notes.append(f"the hardest {most} of at most {width} constituents are used.")
    types: tuple[str, ...] = (called or type_of(path),)
    labels: NDArray[np.int64] | None = None
    if LABEL in roles:
        types, labels = _types(path, roles[LABEL], arrays, n, str(options["types"]))
    places = min(width, most or width)
    radius = float(options["radius"])
    return MappedFile(
        path, roles, (n, width), places, relative, share, scale, radius, pt, types, labels, notes
    )


def sources_of(arrays: Sequence[Array], each: int) -> tuple[dict[str, list[str]], dict[str, str]]:
    """Return by role the columns that may be chosen for it, and the one that looks like it."""
    columns = columns_of(arrays, each_of(arrays, each))
    shapes = Counter(column.shape for column in columns.clouds.values())
    # It takes three numbers of as many constituents: an array of another shape is of the jets.
    clouds = [name for name, column in columns.clouds.items() if shapes[column.shape] >= 3]
    sources = {role: clouds or list(columns.clouds) for role in CLOUD_ROLES}
    sources |= {role: list(columns.jets) for role in JET_ROLES}
    sources[LABEL] = [*sources[LABEL], *columns.wide]
    return sources, {role: column.name for role, column in guessed(columns).items()}


def _roles(
    path: Path, arrays: Sequence[Array], columns: Columns, options: Mapping[str, Any]
) -> dict[str, Column]:
    """Return the column of each role: what was chosen, or else what looks like it."""
    found = dict(guessed(columns))
    for role in (*CLOUD_ROLES, *JET_ROLES):
        chosen = str(options[role])
        if not chosen:
            continue
        found.pop(role, None)
        if chosen == ABSENT:
            continue
        there = columns.clouds if role in CLOUD_ROLES else columns.jets
        if role == LABEL:
            there = {**there, **columns.wide}
        if chosen not in there:
            raise FormatError(
                f"{path.name} has no column {chosen!r} that could be {role}; "
                f"arrays: {shapes_of(arrays)}.",
                _offered(there),
                kind="user",
            )
        found[role] = there[chosen]
    polar, cartesian = ("pt", "eta", "phi"), ("px", "py", "pz")
    if not all(role in found for role in polar):
        if not all(role in found for role in cartesian):
            known = {role: column.name for role, column in found.items() if role in CLOUD_ROLES}
            so_far = "; ".join(f"{role} is {name}" for role, name in known.items())
            raise FormatError(
                f"{path.name}: what its constituents are cannot be told"
                f"{f' ({so_far})' if so_far else ''}; arrays: {shapes_of(arrays)}.",
                HINT,
            )
        return {role: c for role, c in found.items() if role not in polar}
    # Of both, polar ones are taken: they need not be worked out.
    asked = any(options[role] not in ("", ABSENT) for role in cartesian)
    if asked and all(role in found for role in cartesian):
        return {role: c for role, c in found.items() if role not in polar}
    return {role: c for role, c in found.items() if role not in cartesian}


def _offered(there: Mapping[str, Column]) -> str:
    names = list(there)[:12]
    return f"There are {', '.join(names)}{', ...' if len(there) > 12 else ''}." if names else HINT


def _shape(path: Path, roles: Mapping[str, Column]) -> tuple[int, int]:
    """Return the number of jets and constituents, the same for all columns."""
    clouds = [column for role, column in roles.items() if role in CLOUD_ROLES]
    first = clouds[0]
    for column in roles.values():
        wanted = first.shape if column in clouds else first.shape[:1]
        if column.shape[: len(wanted)] != wanted:
            raise FormatError(
                f"{path.name}: {column.name} is {column.shape} and {first.name} {first.shape}: "
                "they must be of the same jets and constituents.",
                HINT,
            )
    return first.shape[0], first.shape[1]


def _describe_roles(roles: Mapping[str, Column]) -> str:
    titles = {role: role.replace("_", " ") for role in roles}
    return f"{', '.join(f'{titles[role]} is {c.name}' for role, c in roles.items())}."


def _first_jets(roles: Mapping[str, Column]) -> tuple[Floats, Floats, Floats, NDArray[np.bool_]]:
    """Return pt, eta, phi (k, N) of the first jets, and which are real."""
    names = [role for role in roles if role in CLOUD_ROLES]
    first = roles[names[0]]
    count = min(LOOKED_AT, first.shape[0], rows_at_once(64 * first.shape[1]))
    values = read_together([roles[role] for role in names])(0, count)
    found = {role: np.asarray(v, np.float64) for role, v in zip(names, values, strict=True)}
    with np.errstate(all="ignore"):
        pt, eta, phi, _ = _polar(found)
        real = _real(found, pt) & np.isfinite(pt) & np.isfinite(eta) & np.isfinite(phi)
    return pt, eta, phi, real


def _relative(roles: Mapping[str, Column], wanted: str, notes: list[str]) -> bool:
    """Return whether angles are relative to the jet axis: as chosen, by name, or by their values
    (jets of a beam are hardly centred at eta 0 and phi 0).
    """
    if wanted:
        return wanted == "relative"
    if "px" in roles:
        return False
    if is_relative(roles["eta"]) or is_relative(roles["phi"]):
        return True
    pt, eta, phi, real = _first_jets(roles)
    if not real.any():
        return True
    weight = np.where(real, pt, 0.0)
    total = weight.sum(axis=1).clip(1e-30)
    middle = [
        np.abs((weight * np.where(real, each, 0.0)).sum(axis=1)) / total for each in (eta, phi)
    ]
    central = np.mean((middle[0] < CENTRAL) & (middle[1] < CENTRAL)) >= NEARLY_ALL
    if central:
        notes.append("angles are centred at 0: treated as relative to the jet axis.")
    else:
        notes.append("angles are spread out: converted to be relative to the jet axis.")
    return bool(central)


def _share(roles: Mapping[str, Column], wanted: str, notes: list[str]) -> bool:
    """Return whether pT are fractions of the jet pT: as chosen, by name, or by their sums."""
    if "px" in roles:
        return False
    if wanted:
        return wanted == "shares"
    if is_relative(roles["pt"]):
        return True
    pt, _, _, real = _first_jets(roles)
    sums = np.where(real, pt, 0.0).sum(axis=1)
    share = bool(len(sums)) and float(np.mean(sums <= WHOLE)) >= NEARLY_ALL
    if share:
        notes.append(
            "the pT of a jet's constituents sum to about 1: they are treated as fractions."
        )
    return share


def _polar(found: Mapping[str, Floats]) -> tuple[Floats, Floats, Floats, Floats]:
    """Return pT, eta, phi and energy (k, N) of constituents, massless if no energy is given."""
    if "px" in found:
        px, py, pz = (found[role] for role in ("px", "py", "pz"))
        pt = np.hypot(px, py)
        eta = np.where(pt > 0.0, np.arcsinh(pz / pt), 0.0)
        phi = np.arctan2(py, px)
    else:
        pt, eta, phi = (found[role] for role in ("pt", "eta", "phi"))
    return pt, eta, phi, found.get("energy", pt * np.cosh(eta))


def _real(found: Mapping[str, Floats], pt: Floats) -> NDArray[np.bool_]:
    """Return which constituents are real (k, N): those of the mask, or with a momentum. Padding is
    often NaN; a real one that is not finite is found later.
    """
    if "mask" in found:
        return np.asarray(found["mask"] >= 0.5)
    told = [np.isnan(values) for role, values in found.items() if role in CLOUD_ROLES]
    return np.asarray((pt > 0.0) | (~np.logical_and.reduce(told) & ~np.isfinite(pt)))


def _sum(
    pt: Floats, eta: Floats, phi: Floats, energy: Floats
) -> tuple[Floats, Floats, Floats, Floats]:
    """Return pT, eta, phi and mass (k,) of the sum of four-vectors (k, N) (PDG 2022, kinematics,
    eqs. 49.1 and 49.37).
    """
    x, y, z = (each.sum(axis=1) for each in (pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(eta)))
    jet_pt = np.hypot(x, y)
    square = np.square(energy.sum(axis=1)) - x**2 - y**2 - z**2
    mass = np.sqrt(np.where(np.isfinite(square), square.clip(0.0), square))
    return jet_pt, np.where(jet_pt > 0.0, np.arcsinh(z / jet_pt), 0.0), np.arctan2(y, x), mass


def _turned(phi: Floats) -> Floats:
    """Return angles in [-pi, pi)."""
    return np.asarray((phi + np.pi) % (2 * np.pi) - np.pi)


def _types(
    path: Path, column: Column, arrays: Sequence[Array], n: int, said: str
) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """Return the names of types and the number of each jet's among them."""
    need = n * (8 if column.kind != "S" and column.kind != "U" else column.array.dtype.itemsize)
    check_block(path, column.name, need, "types are read at once")
    values = read_together([column])(0, n)[0]
    if len(column.shape) == 2:
        values = np.asarray(values).argmax(axis=1)
    if column.kind in "SU":
        names, numbers = np.unique(values, return_inverse=True)
        called = [_text(name) for name in names.tolist()]
    else:
        if column.kind == "f" and not ((np.abs(values) < EXACT) & (values % 1 == 0)).all():
            raise _no_type(path, column, "holds numbers that are not whole")
        found, numbers = np.unique(np.asarray(values).astype(np.int64), return_inverse=True)
        called = _named(found.tolist(), column, arrays, said)
    if len(called) > MOST_NAMES:
        raise _no_type(path, column, f"has {len(called):,} different values")
    once, again = np.unique(called, return_inverse=True)
    return tuple(map(str, once)), again[numbers].astype(np.int64)


def _no_type(path: Path, column: Column, what: str) -> FormatError:
    return FormatError(
        f"{path.name}: {column.name} {what}, so that it tells no type.",
        f"Choose the column of the types, or {ABSENT!r} for a file of one type.",
    )


def _named(found: Sequence[int], column: Column, arrays: Sequence[Array], said: str) -> list[str]:
    """Return type names by number: as chosen, "0=gluon, 1=top" or in order from 0, or from the
    file.
    """
    names: dict[int, str] = dict(enumerate(_kept(column, arrays)))
    for place, phrase in enumerate(each for each in said.split(",") if each.strip()):
        number, name = re.fullmatch(PHRASE, phrase).groups()  # type: ignore[union-attr]  # matches all but blanks
        names[place if number is None else int(number)] = TYPES.get(name, name)
    return [names.get(number, f"type {number}") for number in found]


def _kept(column: Column, arrays: Sequence[Array]) -> list[str]:
    """Return the type names stored in a file, as this program writes them."""
    if len(column.shape) == 2 and len(column.array.names) == column.shape[1]:
        return list(column.array.names)
    stored = next((array for array in arrays if array.name == "label_names"), None)
    if stored is None or len(stored.shape) != 1 or stored.dtype.kind not in "SU":
        return []
    if stored.shape[0] > MOST_NAMES:
        return []
    return [_text(name) for name in stored.reader(())(0, stored.shape[0]).tolist()]


def _text(name: Any) -> str:
    return name.decode("utf-8", "replace") if isinstance(name, bytes) else str(name)
