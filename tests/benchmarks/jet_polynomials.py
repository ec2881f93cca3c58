"""How fast energy flow polynomials are found, against one jet after the other: a report.

    python -m tests.benchmarks.jet_polynomials PYTHON [--jets 2000]

PYTHON is that of an environment with energyflow (1.4.0 needs NumPy below 2, by wasserstein), whose
``EFPSet.compute`` is timed jet by jet. Both are timed by the processor's time, one thread, the best
of ``--repeats`` runs, and the values are held against each other.
"""

import argparse
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import torch

from pushforward.models.kinds.jets import constituents
from pushforward.models.tensors import make_generator
from pushforward.observables.jets.energy_flow import all_polynomials, four_polynomials
from pushforward.observables.jets.kinematics import Floats
from pushforward.studio.engine.data.sets.jets import PythiaJetsConfig, pythia_jets
from tests.benchmarks.smallest import parse

FEW = 50  # jets that are measured one by one
THEIRS = """
import sys, time
import numpy as np
import energyflow
given = np.load(sys.argv[1])
jets = [np.column_stack([z, a])[z > 0] for z, a in zip(given["z"], given["angles"])]
out = {}
for name, which in {"four": [("n==", 4), ("d==", 4), ("p==", 1)], "all": [("d<=", 4)]}.items():
    efps = energyflow.EFPSet(*which, measure="hadr", beta=1, normed=None, coords="ptyphim")
    best = np.inf
    for _ in range(int(sys.argv[3])):
        start = time.process_time()
        found = np.array([efps.compute(jet) for jet in jets])
        best = min(best, time.process_time() - start)
    out[name], out[name + " seconds"] = found, best / len(jets)
np.savez(sys.argv[2], **out)
"""


def timed(work: Callable[[], Floats], repeats: int) -> tuple[Floats, float]:
    """Return what some work finds, and the least seconds that it took."""
    best = np.inf
    for _ in range(repeats):
        start = time.process_time()
        found = work()
        best = min(best, time.process_time() - start)
    return found, best


def energyflow(python: str, angles: Floats, z: Floats, repeats: int) -> dict[str, np.ndarray]:
    """Return what energyflow finds in a process of its own, with its seconds a jet."""
    with tempfile.TemporaryDirectory() as folder:
        given, out = Path(folder) / "given.npz", Path(folder) / "out.npz"
        np.savez(given, angles=angles, z=z)
        command = [python, "-c", THEIRS, str(given), str(out), str(repeats)]
        subprocess.run(command, check=True)
        with np.load(out) as file:
            return {name: file[name] for name in file.files}


def main(argv: Sequence[str] | None = None) -> None:
    """Print both, and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("python", nargs="?", default="", help="one that has energyflow")
    parser.add_argument("--jets", type=int, default=2000)
    parser.add_argument("--repeats", type=int, default=20)
    asked = parse(parser, argv, jets=8, repeats=1)
    torch.set_num_threads(1)
    train = pythia_jets(PythiaJetsConfig()).train
    any_type = torch.randperm(len(train), generator=make_generator(0))[: asked.jets]
    rows = train.rows(any_type)
    angles, pt = constituents(rows.x, rows.mask)
    z = pt / rows.given["pt"].numpy()[:, None]
    theirs = asked.python and energyflow(asked.python, angles[:FEW], z[:FEW], asked.repeats)
    for title, which, find in (
        ("five of four nodes and edges", "four", four_polynomials),
        ("36 of at most four edges", "all", all_polynomials),
    ):
        found, seconds = timed(partial(find, angles, z), asked.repeats)
        mine = seconds / asked.jets
        if not theirs:
            print(f"{title}: {1e6 * mine:.0f} us a jet; nothing to compare with")
            continue
        other = float(theirs[f"{which} seconds"])
        # Theirs are in an order of their own: each is held against the nearest of ours.
        known = theirs[which]
        nearest = [np.abs(found[:FEW] - column[:, None]).max(axis=0).argmin() for column in known.T]
        error = np.abs(found[:FEW, nearest] - known) / np.maximum(np.abs(known), 1e-300)
        print(
            f"{title}: {1e6 * mine:.0f} us a jet; energyflow {1e6 * other:.0f} us; "
            f"{other / mine:.0f} times as fast; relative difference {error.max():.1e}"
        )


if __name__ == "__main__":
    main()
