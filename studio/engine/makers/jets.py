"""New jets by PYTHIA and FastJet, which are under the GPL: `resources/scripts/make_jets.py` is a
program of its own, which uses them where the person has installed them.
"""

import importlib
import importlib.util
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pushforward.models.config import Config, ConfigError, param
from pushforward.studio.engine.makers.base import Maker, Program, maker
from pushforward.studio.launch import has_python, script_command
from pushforward.studio.resources import folder as resource

__all__ = ["Jets", "JetsConfig"]

PYTHON = "PUSHFORWARD_JETS_PYTHON"
"""The environment variable that names another Python, which has PYTHIA and FastJet."""
NEEDED = ("pythia8mc", "fastjet", "h5py", "numpy")
TYPES = {"g": "gluon", "q": "light quark", "t": "top", "w": "W", "z": "Z"}


class JetsConfig(Config, frozen=True):
    """Which jets, how many, and how they are clustered."""

    type: Annotated[
        Literal["all", "g", "q", "t", "w", "z"],
        param("Type", "Type of jets; tops, W and Z decay to quarks.",
              choices={"all": "all five", **TYPES}),
    ] = "all"  # fmt: skip
    n: Annotated[
        int,
        param("Jets", "Jets per type. About 100 are generated per second.", low=10, high=1_000_000,
              log=True),
    ] = 5000  # fmt: skip
    seed: Annotated[
        int, param("Seed", "Seed of the simulation.",
                   low=1, high=900_000_000)
    ] = 1  # fmt: skip
    pt_low: Annotated[
        float, param("Jet pT from", "The hardest jet of an event is kept if its pT is in this "
                                    "range.",
                     low=10.0, high=6000.0, unit="GeV")
    ] = 800.0  # fmt: skip
    pt_high: Annotated[
        float, param("Jet pT to", "The hardest jet of an event is kept if its pT is in this "
                                  "range.",
                     low=10.0, high=6500.0, unit="GeV")
    ] = 1600.0  # fmt: skip
    parton_low: Annotated[
        float, param("Parton pT from", "Transverse momentum of the hard process.",
                     low=10.0, high=6000.0, unit="GeV")
    ] = 990.0  # fmt: skip
    parton_high: Annotated[
        float, param("Parton pT to", "Transverse momentum of the hard process.",
                     low=10.0, high=6500.0, unit="GeV")
    ] = 1010.0  # fmt: skip
    radius: Annotated[
        float, param("R", "Radius of the anti-kT clustering.", low=0.1, high=2.0)
    ] = 0.4  # fmt: skip
    most: Annotated[
        int, param("At most", "Maximum number of constituents, the hardest ones.",
                   low=1, high=500, unit="constituents")
    ] = 30  # fmt: skip
    underlying: Annotated[
        bool, param("Underlying event", "Multiple parton interactions and beam remnants; without "
                    "them generation takes half the time.", advanced=True)
    ] = True  # fmt: skip


@maker
class Jets(Maker[JetsConfig]):
    """The jets that the studio ships with were made so."""

    slug = "jets"
    kind = "jets"
    title = "Make jets"
    summary = (
        "Generates jets with PYTHIA and FastJet, which you install yourself: proton collisions "
        "at 13 TeV, the hardest jet of each event."
    )
    source = (
        "Bierlich et al. 2022, arXiv:2203.11601; Cacciari et al. 2012, arXiv:1111.6097; layout of "
        "Kansal et al. 2021, arXiv:2106.11535"
    )
    config = JetsConfig
    importer = "jetnet"
    rows = "jets"
    called = "PYTHIA and FastJet"

    def why_not(self) -> str:
        """Return what is missing, "" for nothing."""
        named = os.environ.get(PYTHON, "")
        if named:
            there = shutil.which(named) is not None
            return "" if there else f"{PYTHON} names {named}, which is not a program."
        if not has_python():
            return (
                f"This installation has no Python for other programs: name one that has pythia8mc "
                f"and fastjet in the environment variable {PYTHON}, and start the studio again."
            )
        importlib.invalidate_caches()  # it may have been installed a moment ago
        missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
        if not missing:
            return ""
        return (
            f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} not installed. They "
            "are under the GPL, so that they are no part of the studio: pip install "
            '"pushforward[jets]" in its environment, and start the studio again.'
        )

    def programs(self, config: JetsConfig, folder: Path) -> list[Program]:
        """Return a program a type."""
        for name in ("pt", "parton"):
            if not getattr(config, f"{name}_low") < getattr(config, f"{name}_high"):
                raise ConfigError(f"{name}_high", "must exceed the lower end of the window")
        return [self._program(type, config, folder) for type in _types(config)]

    def _program(self, type: str, config: JetsConfig, folder: Path) -> Program:
        file = folder / f"{type}.h5"
        words = [
            *(type, str(file), "--jets", str(config.n), "--seed", str(config.seed)),
            *("--radius", str(config.radius), "--most", str(config.most)),
            *("--pt", str(config.pt_low), str(config.pt_high)),
            *("--partons", str(config.parton_low), str(config.parton_high)),
            *([] if config.underlying else ["--bare"]),
        ]
        script = resource("scripts") / "make_jets.py"
        return Program(script_command(script, os.environ.get(PYTHON, ""), *words), file, config.n)

    def note(self, program: Program, about: Mapping[str, Any]) -> str:
        """Say how the jets of a type were made."""
        low, high = about["partons_gev"]
        least, most = about["pt_window_gev"]
        return (
            f"{TYPES[about['jet_class']]}: {program.count:,} jets of {about['events']:,} events by "
            f"{about['generator']} ({about['tune']} tune, proton on proton at "
            f"{about['ecm_gev'] / 1000:g} TeV, partons of {low:g} to {high:g} GeV, "
            f"{'with' if about['underlying_event'] else 'without'} underlying event, no detector) "
            f"and {about['clustering']} ({about['algorithm']}, R = {about['radius']:g}, the "
            f"hardest jet of an event, {least:g} to {most:g} GeV); seed {about['seed']}; on "
            f"average {about['mean_constituents_before_cut']:.1f} constituents before the cut."
        )


def _types(config: JetsConfig) -> list[str]:
    return list(TYPES) if config.type == "all" else [config.type]
