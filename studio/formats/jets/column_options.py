"""What somebody may say of the columns of jets: which is what, and how they are counted."""

import msgspec

from pushforward.studio.formats.jets.importing import RADIUS, UNIT
from pushforward.studio.formats.jets.mapping import ABSENT
from pushforward.studio.formats.jets.roles import CLOUD_ROLES, JET_ROLES, LABEL
from pushforward.studio.protocol.catalog import Choice, FieldSpec

__all__ = ["ASSUMED", "EACH", "MOMENTA", "MOST", "OPTIONS", "TYPES_SAID"]

HELP = {
    "pt": "Transverse momentum, or its share of that of the jet.",
    "eta": "Pseudorapidity, or rapidity; absolute or from the axis of the jet.",
    "phi": "Azimuth; absolute or from the axis of the jet.",
    "px": "With py and pz instead of pT, η and φ.",
    "py": "With px and pz instead of pT, η and φ.",
    "pz": "With px and py instead of pT, η and φ.",
    "energy": "For the mass of the jet, where the files do not say it; without, constituents are "
    "massless.",
    "mask": "0.5 or more where a constituent is real; without, where it has a momentum.",
    "jet_pt": "Without, that of the sum of the constituents.",
    "jet_eta": "Without, that of the sum of the constituents.",
    "jet_phi": "Without, that of the sum of the constituents.",
    "jet_mass": "Without, that of the sum of the constituents.",
    LABEL: "A whole number or a word a jet, or an array with one column a type.",
}


def _column(role: str, title: str, group: str) -> FieldSpec:
    return FieldSpec(
        path=role,
        kind="source",
        title=title,
        group=group,
        help=f"{HELP[role]} A column as the file has it, such as particles[2], tracks.pt or pt; "
        f"{ABSENT!r} where there is none.",
        default="",
    )


def _as_found(path: str, title: str, help: str, *choices: str) -> FieldSpec:
    return FieldSpec(
        path=path,
        kind="choice",
        title=title,
        group="All",
        help=help,
        default="",
        choices=[Choice(value="", title="as they look")]
        + [Choice(value=each, title=each) for each in choices],
    )


TYPES_SAID = FieldSpec(
    path="types",
    kind="text",
    title="Names of types",
    group="All",
    help='Their names: "gluon, top" in the order of their numbers from 0, or "0=gluon, 5=top"; of '
    "files without a column of types, one name a file.",
    default="",
)
ANGLES = _as_found(
    "angles",
    "Angles",
    "Absolute ones are turned to be from the axis of the jet. As they look: by the names of the "
    "columns, or by where the jets lie.",
    "absolute",
    "relative",
)
MOMENTA = _as_found(
    "momenta",
    "Momenta",
    "Momenta in the unit below, or shares of the pT of the jet. As they look: by the name of the "
    "column, or by what those of a jet sum to.",
    "momenta",
    "shares",
)
ASSUMED = FieldSpec(
    path="assumed_pt",
    kind="float",
    title="Assumed jet pT",
    group="All",
    help="Of all jets, where constituents have shares and nothing says it.",
    default=1000.0,
    above=0.0,
    high=1e6,
    unit="GeV",
)
MOST = FieldSpec(
    path="most",
    kind="int",
    title="At most",
    group="All",
    help="The hardest constituents of a jet that are taken; 0 takes all.",
    default=0,
    low=0,
    high=1000,
    unit="constituents",
)
EACH = FieldSpec(
    path="each",
    kind="int",
    title="Flat rows",
    help="How many numbers of each constituent stand side by side in an array (n, N k), one "
    "constituent after the other; with 0 four, where they are like four-vectors.",
    default=0,
    low=0,
    high=64,
    unit="numbers each",
    advanced=True,
)
OPTIONS = (
    *(_column(role, title, "Constituents") for role, title in CLOUD_ROLES.items()),
    *(_column(role, title, "Jets") for role, title in JET_ROLES.items()),
    ANGLES,
    MOMENTA,
    msgspec.structs.replace(UNIT, group="All"),
    RADIUS,
    TYPES_SAID,
    MOST,
    ASSUMED,
    EACH,
)
"""All of them, in the order in which they are asked for."""
