"""Whether trainings are the same bit for bit as at another commit: a tool, not a test.

    python -m tests.benchmarks.fingerprints --write FILE [--only WORD]
    python -m tests.benchmarks.fingerprints --against FILE [--only WORD]

Each case is a short training of small networks on one thread, through the engine as a person's run
goes. What comes out is hashed by value, names left out wherever a name may change:

- data: the points that it was trained on,
- losses: every curve of the training, by its name,
- weights: all tensors of the checkpoint besides the following, averaged weights among them,
- moments: those of the optimisers,
- noise: the positions of the random generators,
- samples: some, drawn with a seed,
- x, layers, extras: what the record of the last step holds,
- quality: the figures of the last evaluation.

The bits depend on the machine, on the release of PyTorch and on its number of threads: a file says
something on the machine that wrote it, between two commits. Where settings have other names than
they had when a file was written, adapt the tables below and keep the names of the cases.
"""

import argparse
import hashlib
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from pushforward.models.config import replace_at
from pushforward.studio.engine.jobs import headless
from pushforward.studio.engine.process.discovery import discover
from pushforward.studio.protocol.spec import (
    ChangeSetting,
    Edit,
    EditPoints,
    Pick,
    RunSpec,
    UndoPoints,
)
from pushforward.studio.store.project import Project
from pushforward.studio.store.run import RunFolder
from tests.benchmarks.smallest import parse
from tests.engine.same import sampled

Settings = dict[str, Any]
Fingerprint = dict[str, dict[str, str]]

TRAINING: Settings = {
    "steps": 12,
    "batch": 24,
    "samples": 200,
    "subset": "first",
    "seed": 5,
    "device": "cpu",
    "threads": 1,
    "particles": 16,
    "frames": 4,
    "evaluate_samples": 40,
    "evaluate_every": 1_000_000,
    "checkpoint_seconds": 86_400.0,
}

MLP: Settings = {"width": 12, "depth": 2}
SMALL_MLP: Settings = {"kind": "mlp", "units": 12, "layers": 2}

POINTS: dict[str, Settings] = {
    "edm": {"net": MLP},
    "exact-flow": {},
    "gan": {"generator": MLP, "critic": MLP, "latent": 4},
    "discriminator-flow": {"critic": MLP, "steps": 6},
    "monoflow": {"critic": MLP, "population": 48},
    "mmd-flow": {"population": 48},
    "mmd-generator": {"generator": MLP, "latent": 4},
    "score-flow": {"net": MLP, "population": 48},
    "score-gan": {"net": MLP, "generator": MLP, "latent": 4},
    "exact-generator": {"net": MLP, "generator": MLP, "latent": 4},
}
IMAGES: dict[str, Settings] = {
    "edm": {"image_net": {"width": 4}},
    "gan": {"image_generator": {"width": 4}, "image_critic": {"width": 4}, "latent": 8},
    "discriminator-flow": {"image_critic": {"width": 4}, "steps": 4},
    "monoflow": {"image_critic": {"width": 4}, "population": 48},
    "mmd-flow": {"population": 48},
    "mmd-generator": {"image_generator": {"width": 4}, "latent": 8},
    "score-flow": {"image_net": SMALL_MLP, "population": 48},
    "score-gan": {"image_net": SMALL_MLP, "image_generator": {"width": 4}, "latent": 8},
}
FULLY_CONNECTED: dict[str, Settings] = {
    "edm": {"image_net": SMALL_MLP},
    "gan": {"image_generator": SMALL_MLP, "image_critic": SMALL_MLP, "latent": 8},
    "discriminator-flow": {"image_critic": SMALL_MLP, "steps": 4},
    "monoflow": {"image_critic": SMALL_MLP, "population": 48},
    "mmd-generator": {"image_generator": SMALL_MLP, "latent": 8},
    "score-gan": {"image_net": SMALL_MLP, "image_generator": SMALL_MLP, "latent": 8},
}
CONVOLUTIONAL: dict[str, Settings] = {
    "score-flow": {"image_net": {"kind": "convolutional", "width": 4}, "population": 48},
    "score-gan": {
        "image_net": {"kind": "convolutional", "width": 4},
        "image_generator": {"width": 4},
        "latent": 8,
    },
}

EXACT = ("exact-flow", "exact-generator")
EVERY_FAMILY = ("ring-of-five", "two-moons", "swiss-roll")
OTHER_SETS = ("checkerboard", "eight-gaussians", "funnel", "pinwheel", "s-curve", "spirals", "word")

# Settings by dotted path on top of those above, on the ring of five.
VARIANTS: dict[str, tuple[Settings, ...]] = {
    "edm": (
        *({"precond": name} for name in ("eps", "x0", "v", "velocity", "score")),
        *({"weight": name} for name in ("simple", "x0", "velocity", "likelihood")),
        {"weight": "min-snr", "gamma": 3.0},
        {"weight": "truncated-snr"},
        {"density": "rho-uniform"},
        {"density_mean": -0.5, "density_std": 0.8},
        *(
            {"density": "uniform-time", "path": path}
            for path in ("ve", "vp-linear", "vp-cosine", "sub-vp", "rectified-flow")
        ),
        {"precond": "velocity", "density": "uniform-time", "path": "rectified-flow"},
        {"display": "straight"},
        {"s_min": 0.01, "s_max": 10.0},
        {"ema": 0.0},
        {"net.frequencies": 4, "net.activation": "gelu"},
        {"optimizer.kind": "adamw", "optimizer.warmup": 4, "optimizer.clip": 0.5},
        {"optimizer.schedule": "constant"},
    ),
    "exact-flow": ({"s_min": 0.01, "s_max": 10.0}, {"display": "straight"}),
    "gan": (
        *({"loss": loss} for loss in ("hinge", "ipm")),
        *({"place": place} for place in ("data", "particles")),
        {"loss": "ipm", "place": "data", "penalty": 1.0, "centre": 1.0},
        {"loss": "hinge", "place": "particles", "penalty": 0.5},
        {"penalty": 0.0},
        {"critic_steps": 3},
        {"generator_steps": 3, "speed": 0.5},
        {"critic_steps": 2, "generator_steps": 2, "rescaling": "vanilla", "shift": 1.0},
        *({"rescaling": name} for name in ("logit", "arcsinh", "exp-1.5", "flow-chi2")),
        *({"rescaling": name} for name in ("plugged-forward-kl", "maximum-likelihood")),
        {"ema": 0.0},
        {"critic_optimizer.schedule": "cosine", "generator_optimizer.clip": 0.1},
    ),
    "discriminator-flow": (
        *({"loss": loss} for loss in ("hinge", "ipm")),
        *({"place": place} for place in ("data", "particles")),
        {"noise": 0.2},
        {"stop": 3, "speed": 1.0},
        {"rescaling": "vanilla", "shift": 0.5},
        {"penalty": 0.0, "ema": 0.0},
    ),
    "monoflow": (
        *({"loss": loss} for loss in ("hinge", "ipm")),
        *({"place": place} for place in ("data", "particles")),
        {"critic_steps": 3},
        {"noise": 0.1, "start": "eight-gaussians"},
        {"reach": 2.0, "speed": 0.05, "start_width": 0.5},
        {"rescaling": "flow-reverse-kl", "penalty": 0.0},
    ),
    "mmd-flow": (
        {"bandwidth": 0.5, "kernels": 1},
        {"noise": 0.1, "injection": 0.0},
        {"start": "eight-gaussians", "reach": 2.0, "speed": 0.5},
    ),
    "mmd-generator": (
        {"bandwidth": 0.5, "kernels": 2},
        {"generator_steps": 3, "speed": 0.5},
        {"ema": 0.0},
    ),
    "score-flow": (
        {"teacher_share": 0.25, "score_steps": 2},
        {"warm_start": False},
        {"noise": 0.1, "start": "eight-gaussians", "reach": 2.0},
        {"w_data": 1.5, "w_gen": 0.5, "pairs": 2},
        {"s_low": 0.1, "s_high": 2.0, "rho": 2.0},
    ),
    "score-gan": (
        {"teacher_share": 0.25, "score_steps": 2},
        {"warm_start": False},
        {"generator_steps": 3, "speed": 0.5},
        {"w_data": 1.5, "w_gen": 0.5, "ema": 0.0},
        {"s_low": 0.1, "s_high": 2.0, "rho": 2.0},
    ),
    "exact-generator": (
        {"score_steps": 2, "w_data": 1.5},
        {"generator_steps": 3, "speed": 0.5},
    ),
}

SAMPLERS: tuple[tuple[str, Settings], ...] = (
    ("annealed-langevin", {"levels": 6, "walk": 3}),
    ("ddim", {"steps": 6}),
    ("ddim", {"steps": 6, "eta": 1.0}),
    ("dpmpp-2m", {"steps": 6, "grid.kind": "log-snr"}),
    ("dpmpp-2m", {"steps": 6, "grid.kind": "time-uniform", "grid.path": "vp-cosine"}),
    ("dpmpp-2m", {"steps": 6, "grid.kind": "time-quadratic", "grid.path": "rectified-flow"}),
    ("heun", {"steps": 6}),
    ("heun", {"steps": 6, "churn": 4.0}),
    ("plms", {"steps": 6}),
    ("predictor-corrector", {"steps": 6, "corrections": 2}),
)

EDITS: dict[str, tuple[str, list[Edit]]] = {
    "a changed rate": ("edm", [ChangeSetting(step=4, path="optimizer.lr", value=0.01)]),
    "edited points": (
        "gan",
        [
            EditPoints(step=3, action="add", centre=(0.0, 0.0), radius=0.1, count=20, seed=7),
            ChangeSetting(step=5, path="penalty", value=0.5),
            EditPoints(step=6, action="move", centre=(0.0, 0.0), radius=1.0, offset=(0.0, 1.0)),
            UndoPoints(step=9),
        ],
    ),
    "a changed speed": ("monoflow", [ChangeSetting(step=6, path="speed", value=0.1)]),
}

IMPORTED = "three-columns"
WATCHED = ("quality", "cost")
"""What curves begin with that are of evaluations."""


@dataclass(frozen=True)
class Case:
    """A training to look at."""

    family: str
    dataset: str
    config: Settings = field(default_factory=dict)
    training: Settings = field(default_factory=dict)
    sampler: Pick | None = None
    edits: list[Edit] = field(default_factory=list)

    def spec(self) -> RunSpec:
        return RunSpec(
            name="a fingerprint",
            family=Pick(slug=self.family, config=self.config),
            dataset=Pick(slug=self.dataset),
            training={**TRAINING, **self.training},
            sampler=self.sampler,
            edits=self.edits,
        )


def cases() -> Iterator[tuple[str, Case]]:
    """Yield all cases by name; a name is never given to another case."""
    for family, config in POINTS.items():
        sets = EVERY_FAMILY[:1] if family in EXACT else EVERY_FAMILY
        for dataset in sets:
            yield f"{family}, {dataset}", Case(family, dataset, config)
        fresh = {"samples": 0, "batch": 16}
        yield f"{family}, fresh points", Case(family, sets[0], config, fresh)
    for title, table in (
        ("digits", IMAGES),
        ("digits, fully connected", FULLY_CONNECTED),
        ("digits, convolutional", CONVOLUTIONAL),
    ):
        for family, config in table.items():
            yield f"{family}, {title}", Case(family, "digits", config)
    for dataset in (*OTHER_SETS, f"project:{IMPORTED}"):
        yield f"edm, {dataset}", Case("edm", dataset, POINTS["edm"])
    for family, variants in VARIANTS.items():
        for changes in variants:
            config = changed(POINTS[family], changes)
            yield f"{family}, {words(changes)}", Case(family, "ring-of-five", config)
    for family in ("edm", "exact-flow"):
        for slug, changes in SAMPLERS:
            sampler = Pick(slug=slug, config=changed({}, changes))
            name = f"{family} by {slug}, {words(changes)}"
            yield name, Case(family, "ring-of-five", POINTS[family], sampler=sampler)
    for name, (family, edits) in EDITS.items():
        yield f"{family}, {name}", Case(family, "ring-of-five", POINTS[family], edits=edits)


def changed(config: Settings, changes: Settings) -> Settings:
    """Return settings with others by dotted path."""
    for path, value in changes.items():
        config = replace_at(config, path, value)
    return config


def words(changes: Settings) -> str:
    """Name a variant by what it changes."""
    return ", ".join(f"{path} {value}" for path, value in changes.items())


def digest(arrays: Iterable[np.ndarray]) -> str:
    """Hash arrays by value, whatever their order."""
    parts = sorted((str(a.shape), str(a.dtype), np.ascontiguousarray(a).tobytes()) for a in arrays)
    whole = hashlib.sha256()
    for shape, dtype, data in parts:
        whole.update(f"{shape} {dtype} {len(data)} ".encode())
        whole.update(data)
    return whole.hexdigest()


def named(arrays: Mapping[str, np.ndarray]) -> dict[str, str]:
    """Hash each array by itself."""
    return {name: digest([array]) for name, array in sorted(arrays.items())}


def kind_of(name: str, array: np.ndarray) -> str:
    """Say what a tensor of a checkpoint is; moments are known by PyTorch's names for them."""
    if name.startswith("data/"):
        return "statistics"
    if array.dtype == np.uint8:
        return "noise"
    words = name.replace("/", ".").split(".")
    of_optimiser = words[-1] == "step" or {"exp_avg", "exp_avg_sq"} & {*words}
    return "moments" if of_optimiser else "weights"


def fingerprint(folder: RunFolder) -> Fingerprint:
    """Hash what a finished run has left."""
    curves, _ = folder.metrics.read()
    last = int(folder.record.spec.training["steps"])
    losses = {
        n: np.float64(v) for n, (_, v) in curves.items() if n.partition("/")[0] not in WATCHED
    }
    figures = {n: np.float64(v[-1]) for n, (_, v) in curves.items() if n.startswith("quality/")}
    checkpoint, _ = folder.checkpoints.newest()
    assert checkpoint is not None
    assert checkpoint.step == last
    parts: dict[str, list[np.ndarray]] = {}
    for name, tensor in checkpoint.tensors.items():
        parts.setdefault(kind_of(name, tensor), []).append(tensor)
    record = folder.flow.load(last)
    # Images may be kept in half as many bits.
    x = record.x if record.x.ndim == 3 else record.x.astype(np.float16)
    return {
        "data": {"": folder.record.dataset_hash},
        "losses": named(losses),
        **{kind: {"": digest(arrays)} for kind, arrays in sorted(parts.items())},
        "samples": {"": digest([sampled(folder)])},
        "record": {"t": digest([record.t]), "x": digest([x])},
        "layers": named(record.layers),
        "extras": named(record.extras),
        "quality": named(figures),
    }


def three_columns() -> np.ndarray:
    """Return points (120, 3) of no registered set."""
    return np.float32(np.random.default_rng(3).normal(scale=(1.0, 2.0, 0.5), size=(120, 3)))


def measure(only: str) -> dict[str, Fingerprint]:
    """Train every case whose name has a word in it."""
    found: dict[str, Fingerprint] = {}
    with tempfile.TemporaryDirectory() as home:
        os.environ["PUSHFORWARD_HOME"] = home  # a judge of images is trained, not read
        path = Path(home) / "project"
        project = Project.open_or_create(path)
        project.add_dataset(IMPORTED, three_columns(), ("a", "b", "c"))
        for name, case in cases():
            if only not in name:
                continue
            if name in found:
                raise ValueError(f"two cases are called {name!r}")
            start = time.perf_counter()
            folder = headless.create(case.spec(), path)
            status = headless.run(folder.path)
            if status.state != "finished":
                raise RuntimeError(f"{name}: {status.error}")
            found[name] = fingerprint(folder)
            print(f"{time.perf_counter() - start:6.2f} s  {name}", file=sys.stderr)
    return found


def differences(before: Fingerprint, now: Fingerprint) -> list[str]:
    """Name what two fingerprints do not agree in; what only one of them has counts, too."""
    flat = [
        {
            f"{part}/{name}".rstrip("/"): value
            for part, of in each.items()
            for name, value in of.items()
        }
        for each in (before, now)
    ]
    return [name for name in sorted({*flat[0], *flat[1]}) if flat[0].get(name) != flat[1].get(name)]


def compare(before: dict[str, Fingerprint], now: dict[str, Fingerprint]) -> int:
    """Print which cases have changed, and in what; return how many."""
    changes = 0
    for name in sorted({*before, *now}):
        if name not in now or name not in before:
            where = "the file" if name in before else "this commit"
            print(f"{name}: only in {where}")
            changes += 1
        elif found := differences(before[name], now[name]):
            print(f"{name}: {', '.join(found)}")
            changes += 1
    print(f"{len(now)} cases, {changes} changed")
    return changes


def main(argv: Sequence[str] | None = None) -> int:
    """Write fingerprints, or compare them with a file."""
    parser = argparse.ArgumentParser(description="Are trainings the same, bit for bit?")
    task = parser.add_mutually_exclusive_group()
    task.add_argument("--write", type=Path, metavar="FILE")
    task.add_argument("--against", type=Path, metavar="FILE")
    parser.add_argument("--only", default="", metavar="WORD", help="of the names of cases")
    options = parse(parser, argv, write=Path(os.devnull), only="edm, eight-gaussians")
    if not options.write and not options.against:
        parser.error("--write FILE or --against FILE")
    torch.set_num_threads(1)
    discover()
    found = measure(options.only)
    if options.write:
        options.write.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n")
        print(f"{len(found)} cases are in {options.write}")
        return 0
    before = json.loads(options.against.read_text())
    return 1 if compare({n: f for n, f in before.items() if options.only in n}, found) else 0


if __name__ == "__main__":
    sys.exit(main())
