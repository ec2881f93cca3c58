"""Simulated jets of five types, at most 30 constituents each."""

from functools import cache
from pathlib import Path
from typing import Annotated, Literal

import torch
from torch import Tensor

from pushforward.models.config import Config, param
from pushforward.models.contracts.data import Splits
from pushforward.models.kinds.jets import TYPES, JetSet
from pushforward.models.registry import dataset
from pushforward.studio.engine.data.bundled_files import archive
from pushforward.studio.resources import folder

__all__ = ["PythiaJetsConfig", "pythia_jets"]


class PythiaJetsConfig(Config, frozen=True):
    """Which of the jets."""

    types: Annotated[
        Literal["all", "gluon", "light quark", "top", "W", "Z"],
        param(
            "Types",
            "Jets of all types together, or of one alone: 9,000.",
            choices={"all": "All five", **{name: f"{name} alone" for name in TYPES}},
        ),
    ] = "all"


@dataset(
    "pythia-jets",
    title="Jets of five types",
    summary=(
        "45,000 simulated gluon, light-quark, top, W and Z jets of up to 30 constituents. "
        "Conditions: type, pT, η, mass, number of constituents."
    ),
    source="made with PYTHIA 8.317 and FastJet 3.5 in the layout of JetNet; Bierlich et al. 2022, "
    "arXiv:2203.11601; Cacciari et al. 2012, arXiv:1111.6097; Kansal et al. 2021, "
    "arXiv:2106.11535",
    holds="jets",
    finite=True,
    size="45,000 jets of at most 30 constituents",
    licence="Apache-2.0, made for this project",
    config=PythiaJetsConfig,
    made="Proton on proton at 13 TeV, partons of about 1 TeV, with underlying event and without a "
    "detector; the hardest jet of each event, anti-kT with R = 0.4.",
)
def pythia_jets(config: PythiaJetsConfig) -> Splits:
    """Return 20,000 jets to learn from, 5,000 to choose settings by, and 20,000 for the test; of
    one type alone a fifth of each.

    Raises:
        Refused: the file is missing or damaged; the path is "dataset".
    """
    jets, train, validation = _load(folder("datasets") / "jets" / "jets.npz")
    wanted = torch.ones(len(jets), dtype=torch.bool)
    if config.types != "all":
        wanted = jets.label == TYPES.index(config.types)
    parts = torch.arange(len(jets)).tensor_split((train, train + validation))
    learned, chosen_by, test = (jets.take(rows[wanted[rows]]) for rows in parts)
    return Splits(learned, test, chosen_by)


@cache
def _load(path: Path) -> tuple[JetSet, int, int]:
    with archive(path, "jets") as arrays:
        found = {name: torch.from_numpy(arrays[name]) for name in arrays}
        return _jets(found), int(found["train"]), int(found["validation"])


def _jets(arrays: dict[str, Tensor]) -> JetSet:
    particles, jet = arrays["particles"].float(), arrays["jets"].float()
    size, label = arrays["size"].long(), arrays["label"].long()
    return JetSet.of_jetnet(particles, size, label, jet, TYPES)
