#!/usr/bin/env python3
"""Make jets with PYTHIA 8 and FastJet, in the layout of JetNet.

    python make_jets.py TYPE OUT.h5 [--jets N] [--seed S] [--radius R] [--partons LOW HIGH]
                        [--pt LOW HIGH] [--most N] [--bare]

TYPE is g (gluon), q (light quark), t (top), w (W) or z (Z), the last three hadronic. Protons meet
at 13 TeV; partons are made at leading order, showered and hadronised with the Monash 2013 tune and
the underlying event; visible particles, of which those with c tau above 10 mm are stable, are
clustered with anti-kT, and the hardest jet of each event is taken. With its own settings the script
makes the jets that the studio ships with (seed 11).

OUT.h5 holds particle_features (n, N, 4), eta and phi from the axis of the jet, pT over that of the
jet, and mask, hardest first; jet_features (n, 4), pT in GeV, eta, mass in GeV of all constituents,
and how many are kept; and as attributes the settings that made it.

This file is a program of its own, under the licence of the studio, that never runs inside of it:
PYTHIA and FastJet, which it asks for the work, are under the GPL, version 2 or later
(pip install pythia8mc fastjet h5py numpy). Lines of JSON on its standard output say how far it is;
it ends when its standard input does, unless that is a terminal.
Bierlich et al. 2022, arXiv:2203.11601; Cacciari et al. 2012, arXiv:1111.6097; Kansal et al. 2021,
arXiv:2106.11535.
"""

import argparse
import json
import math
import os
import sys
import threading
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import fastjet
import h5py
import numpy as np
import pythia8mc

HADRONIC_W = ["24:onMode = off", "24:onIfAny = 1 2 3 4 5"]
HADRONIC_Z = ["23:onMode = off", "23:onIfAny = 1 2 3 4 5"]
PROCESSES = {
    "g": ["HardQCD:gg2gg = on", "HardQCD:qqbar2gg = on"],
    # Light quarks alone: c and b come from other processes of PYTHIA.
    "q": [
        "HardQCD:qq2qq = on",
        "HardQCD:qqbar2qqbarNew = on",
        "HardQCD:gg2qqbar = on",
        "HardQCD:nQuarkNew = 3",
    ],
    "t": ["Top:gg2ttbar = on", "Top:qqbar2ttbar = on", *HADRONIC_W],
    "w": ["WeakDoubleBoson:ffbar2WW = on", *HADRONIC_W],
    "z": ["WeakDoubleBoson:ffbar2gmZgmZ = on", "WeakZ0:gmZmode = 2", *HADRONIC_Z],
}
SOFTEST = 200.0  # GeV, of a jet that is looked at, or half the lower end of the window
PATIENCE = 2000  # events without a single jet, after which there will be none
TELL = 0.2  # seconds between two lines


def main() -> None:
    """Make the file, or end with a sentence that says why not."""
    options = _options()
    if not sys.stdin.isatty():
        threading.Thread(target=_end_with_input, daemon=True).start()
    particles, jets, about = make(options)
    partial = options.out.with_name(options.out.name + ".partial")
    with h5py.File(partial, "w") as file:
        packed = {"compression": "gzip", "compression_opts": 4, "shuffle": True}
        file.create_dataset("particle_features", data=particles, **packed)
        file.create_dataset("jet_features", data=jets)
        for key, value in about.items():
            file.attrs[key] = value
    os.replace(partial, options.out)
    _tell(jets=len(jets), about=about)


def make(options: argparse.Namespace) -> tuple[np.ndarray, np.ndarray, dict[str, Any]]:
    """Return particle_features, jet_features, and what is to be known of them."""
    pythia = _generator(options)
    definition = fastjet.JetDefinition(fastjet.antikt_algorithm, options.radius)
    particles = np.zeros((options.jets, options.most, 4), np.float32)
    jets = np.zeros((options.jets, 4), np.float32)
    n = events = everything = 0
    told = time.monotonic()
    low, high = options.pt
    while n < options.jets:
        if not pythia.next():
            continue
        events += 1
        clustered = fastjet.ClusterSequence(_visible(pythia.event), definition)
        found = fastjet.sorted_by_pt(clustered.inclusive_jets(min(SOFTEST, low / 2)))
        if found and low < found[0].pt() < high:
            everything += _fill(particles[n], jets[n], found[0])
            n += 1
        elif events >= PATIENCE and not n:
            raise SystemExit(
                f"Of {events:,} events none has its hardest jet between {low:g} and {high:g} GeV, "
                f"with partons of {options.partons[0]:g} to {options.partons[1]:g} GeV: choose a "
                "window that they fall into."
            )
        if time.monotonic() - told > TELL:
            told = time.monotonic()
            _tell(jets=n, events=events)
    about = {
        "jet_class": options.type,
        "generator": f"PYTHIA {version('pythia8mc')}",
        "tune": "Monash 2013",
        "clustering": f"FastJet {version('fastjet')}",
        "algorithm": "anti-kT",
        "radius": options.radius,
        "process": "; ".join(PROCESSES[options.type]),
        "ecm_gev": 13000.0,
        "partons_gev": options.partons,
        "pt_window_gev": options.pt,
        "underlying_event": not options.bare,
        "detector": "none (visible particles, c tau > 10 mm stable)",
        "seed": options.seed,
        "events": events,
        "sigma_mb": pythia.infoPython().sigmaGen(),
        "mean_constituents_before_cut": everything / n,
    }
    return particles, jets, about


def _generator(options: argparse.Namespace) -> Any:
    pythia = pythia8mc.Pythia("", False)
    low, high = options.partons
    lines = [
        "Print:quiet = on",
        "Beams:idA = 2212",
        "Beams:idB = 2212",
        "Beams:eCM = 13000.",
        "Tune:pp = 14",
        "Random:setSeed = on",
        f"Random:seed = {options.seed}",
        f"PhaseSpace:pTHatMin = {low}",
        f"PhaseSpace:pTHatMax = {high}",
        f"PartonLevel:MPI = {'off' if options.bare else 'on'}",
        "ParticleDecays:limitTau0 = on",
        "ParticleDecays:tau0Max = 10.",
    ]
    for line in lines + PROCESSES[options.type]:
        if not pythia.readString(line):
            raise SystemExit(f"PYTHIA does not take the setting {line!r}.")
    if not pythia.init():
        raise SystemExit("PYTHIA did not begin: no event can be made with these settings.")
    return pythia


def _visible(event: Any) -> list[Any]:
    return [
        fastjet.PseudoJet(p.px(), p.py(), p.pz(), p.e())
        for p in event
        if p.isFinal() and p.isVisible()
    ]


def _fill(particles: np.ndarray, numbers: np.ndarray, jet: Any) -> int:
    """Write a jet into its rows (N, 4) and (4,); return how many constituents it has."""
    found = np.array([(c.eta(), c.phi(), c.pt()) for c in jet.constituents()])
    found = found[np.argsort(-found[:, 2], kind="stable")]
    kept = min(len(found), len(particles))
    turned = found[:kept, 1] - jet.phi()
    particles[:kept, 0] = found[:kept, 0] - jet.eta()
    particles[:kept, 1] = (turned + math.pi) % (2 * math.pi) - math.pi
    particles[:kept, 2] = found[:kept, 2] / jet.pt()
    particles[:kept, 3] = 1.0
    numbers[:] = jet.pt(), jet.eta(), jet.m(), kept
    return len(found)


def _end_with_input() -> None:
    """Whoever started this is gone, or wants no more of it."""
    while os.read(0, 2**16):  # no buffer of Python's, whose lock would be missed at the end
        pass
    os._exit(1)


def _tell(**facts: Any) -> None:
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("type", choices=sorted(PROCESSES))
    parser.add_argument("out", type=Path)
    parser.add_argument("--jets", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--radius", type=float, default=0.4)
    parser.add_argument("--partons", type=float, nargs=2, default=[990.0, 1010.0], metavar="GEV")
    parser.add_argument("--pt", type=float, nargs=2, default=[800.0, 1600.0], metavar="GEV")
    parser.add_argument("--most", type=int, default=30, help="constituents that are kept")
    parser.add_argument("--bare", action="store_true", help="without the underlying event")
    options = parser.parse_args()
    ordered = all(0 <= low < high for low, high in (options.partons, options.pt))
    if options.jets < 1 or options.most < 1 or options.radius <= 0 or not ordered:
        parser.error("numbers must be above 0, and windows go from a lower to a higher pT")
    return options


if __name__ == "__main__":
    main()
