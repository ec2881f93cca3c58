"""Jet variables: dots in the plane of eta and mass, counted in GeV."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pushforward.studio.app.core.data_columns import Column
from pushforward.studio.app.core.data_type import (
    LABEL,
    MEMORISATION,
    Arrays,
    Kind,
    Measured,
    classes,
    how_many,
)
from pushforward.studio.app.data.number_tiles import strips
from pushforward.studio.counts import format_count

__all__ = ["KIND"]


def _facts(x: NDArray[Any], columns: tuple[str, ...], facts: Mapping[str, Any]) -> str:
    return f"{format_count(how_many(x, facts), 'jet')} · {x.shape[1]} columns: {', '.join(columns)}"


def _measures(arrays: Arrays) -> Measured:
    """Say of each jet what a physicist calls it by; of what moves yet, as of what has arrived."""
    x = np.nan_to_num(np.asarray(arrays["x"], dtype=np.float64))
    mass, pt = (np.exp(np.clip(x[:, i], -20.0, 20.0)) for i in (1, 2))
    return {
        **classes(arrays, "Type"),
        "pT": pt,
        "Mass": mass,
        "η": x[:, 0],
        "Constituents": np.rint(x[:, 3]),
    }


def _filed(arrays: Arrays) -> Arrays:
    """Return what `studio.formats.jets.variables.write_variables` writes of jets."""
    x = arrays["x"]
    label = np.unique(arrays.get(LABEL, np.zeros(len(x))), return_inverse=True)[1]
    return {"x": x.astype(np.float32), "label": label.astype(np.int64)}


KIND = Kind(
    slug="jet-variables",
    about="Particle physics: momentum, mass, direction and multiplicity of jets",
    title="Jet variables",
    one="jet",
    many="jets",
    moving="jets",
    loading="Loading jets",
    layout="plane",
    views=("particles", "scatter"),
    fits=lambda shape: len(shape) == 1,
    tiles=strips,
    facts=_facts,
    measures=_measures,
    units={"Mass": "GeV", "pT": "GeV"},
    columns={
        "eta": Column("η"),
        "log(m/GeV)": Column("Mass", "GeV", log=True),
        "log(pT/GeV)": Column("pT", "GeV", log=True),
        "constituents": Column("Constituents"),
    },
    groups={
        "Jet variables": ("w1-jet-variables", "constituents-tv"),
        "Memorisation": MEMORISATION,
    },
    draws=4096,
    told=(LABEL,),
    called={LABEL: "Type"},
    imports="JetNet HDF5",
    suffixes=("csv", "h5", "npz", "parquet"),
    filed=_filed,
    order=31,
)
