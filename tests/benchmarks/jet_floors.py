"""What figures of jets come to between real and real, and for models that learned nothing.

    python -m tests.benchmarks.jet_floors [--drawn 4000] [--seed 0]

For each type of the bundled jets, those that are learned from are held against those that only
test, then jets of `verify.jets.jet_nulls`, made of the former. With ``--drawn`` in batches
as JetNet has them, 5 of so many jets with replacement; otherwise all jets at once. The last column
is how far masses follow those that were asked for: the correlation, jet by jet, of the mass of the
constituents with that of the real jet whose conditions they have.
"""

import argparse
import time
from collections.abc import Sequence

import torch

from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.spec import LABEL
from pushforward.models.kinds.jets import TYPES, masses
from pushforward.models.metrics.base import Evidence
from pushforward.models.metrics.jets.by_type import ByType, DrawingConfig
from pushforward.models.metrics.jets.physics_distance import FPD, KPD, FPDConfig
from pushforward.models.metrics.jets.substructure import W1C2, W1D2, W1Polynomials, W1Tau21, W1Tau32
from pushforward.models.metrics.jets.w1 import W1Constituents, W1Mass
from pushforward.models.tensors import make_generator
from pushforward.studio.engine.data.sets.jets import PythiaJetsConfig, pythia_jets
from pushforward.verify.jets.jet_nulls import NULLS
from tests.benchmarks.smallest import parse

W1P = ("W1P eta", "W1P phi", "W1P pT")
COLUMNS = ("W1M", *W1P, "W1EFP", "tau21", "tau32", "D2", "C2", "FPD", "KPD", "mass corr.")
SCALE = {"W1EFP": 1e5, "D2": 1.0, "C2": 1e3, "mass corr.": 1.0}
"""Other columns are in thousandths."""


def metrics(drawn: int) -> dict[str, ByType]:
    """The figures by name."""
    config = DrawingConfig(drawn=drawn)
    return {
        "W1M": W1Mass(config),
        "W1P": W1Constituents(config),
        "W1EFP": W1Polynomials(config),
        "tau21": W1Tau21(config),
        "tau32": W1Tau32(config),
        "D2": W1D2(config),
        "C2": W1C2(config),
        "FPD": FPD(FPDConfig()),
        "KPD": KPD(DrawingConfig()),
    }


def line(made: Batch, asked: Batch, evidence: Evidence, drawn: int) -> dict[str, list[float]]:
    """Every figure of each type."""
    found: dict[str, list[float]] = {name: [] for name in COLUMNS}
    for name, metric in metrics(drawn).items():
        for values in metric.each(evidence).values():
            each = zip(W1P, values, strict=True) if name == "W1P" else [(name, values.mean())]
            for column, value in each:
                found[column].append(float(value) * SCALE.get(column, 1e3))
    of, like = masses(made.x, made.mask), masses(asked.x, asked.mask)
    for kind in range(len(TYPES)):
        there = asked.given[LABEL] == kind
        pair = torch.stack([of[there], like[there]])
        found["mass corr."].append(float(torch.corrcoef(pair)[0, 1]))
    return found


def main(argv: Sequence[str] | None = None) -> None:
    """Print a table a type."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--drawn", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--every", type=int, default=1, help="take each so many-th jet")
    asked = parse(parser, argv, every=40)
    torch.set_num_threads(1)
    splits = pythia_jets(PythiaJetsConfig())
    few = slice(None, None, asked.every)  # they lie type by type
    real = splits.test.take(few)
    learned, test = splits.train.rows(few), real.rows(slice(None))
    makers = {"floor: real against real": lambda real, rng: real, **NULLS}
    tables: dict[str, dict[str, list[float]]] = {}
    start = time.perf_counter()
    for title, make in makers.items():
        made = make(learned, make_generator(asked.seed, 3202))
        evidence = Evidence(real, make_generator(asked.seed), made=made)
        tables[title] = line(made, learned, evidence, asked.drawn)
    how = f"5 batches of {asked.drawn:,} drawn" if asked.drawn else "all jets at once"
    print(f"{len(learned) // 5:,} jets learned from, {len(test) // 5:,} that test, of each type;")
    print(f"{how}, seed {asked.seed}. W1M, W1P, tau, C2, FPD, KPD in thousandths, W1EFP 1e-5.")
    for kind, name in enumerate(TYPES):
        print(f"\n{name:40s}" + "".join(f"{column:>11s}" for column in COLUMNS))
        for title, columns in tables.items():
            print(f"{title:40s}" + "".join(f"{columns[c][kind]:11.3g}" for c in COLUMNS))
    print(f"\n{time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
