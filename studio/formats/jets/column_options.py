"""Options of the column importer: roles and units of the columns."""

import msgspec

from pushforward.studio.formats.jets.importing import RADIUS, UNIT
from pushforward.studio.formats.jets.mapping import ABSENT
from pushforward.studio.formats.jets.roles import CLOUD_ROLES, JET_ROLES, LABEL
from pushforward.studio.protocol.catalog import Choice, FieldSpec

__all__ = ["ASSUMED", "EACH", "MOMENTA", "MOST", "OPTIONS", "TYPES_SAID"]

HELP = {
    "pt": "Transverse momentum, absolute or as a fraction of the jet pT.",
    "eta": "Pseudorapidity, or rapidity; absolute or from the axis of the jet.",
    "phi": "Azimuth; absolute or from the axis of the jet.",
    "px": "With py and pz instead of pT, η and φ.",
    "py": "With px and pz instead of pT, η and φ.",
    "pz": "With px and py instead of pT, η and φ.",
    "energy": "For the jet mass if the files lack it; otherwise constituents are massless.",
    "mask": "≥ 0.5 for real constituents; without it, those with pT > 0.",
    "jet_pt": "Without it, from the sum of the constituents.",
    "jet_eta": "Without it, from the sum of the constituents.",
    "jet_phi": "Without it, from the sum of the constituents.",
    "jet_mass": "Without it, from the sum of the constituents.",
    LABEL: "An integer or a word per jet, or one column per type.",
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
    "Absolute angles are converted to be relative to the jet axis. Automatic: from column names "
    "or values.",
    "absolute",
    "relative",
)
MOMENTA = _as_found(
    "momenta",
    "Momenta",
    "Momenta in the unit below, or fractions of the jet pT. Automatic: from the column name or "
    "the sum per jet.",
    "momenta",
    "shares",
)
ASSUMED = FieldSpec(
    path="assumed_pt",
    kind="float",
    title="Assumed jet pT",
    group="All",
    help="pT of all jets, if constituents have fractions and the files lack it.",
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
    help="Number of hardest constituents to keep; 0 keeps all.",
    default=0,
    low=0,
    high=1000,
    unit="constituents",
)
EACH = FieldSpec(
    path="each",
    kind="int",
    title="Flat rows",
    help=(
        "Values per constituent in a flat array (n, N k), constituent by constituent; 0: four if "
        "they look like four-vectors."
    ),
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
"""All options, in display order."""
