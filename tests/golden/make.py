"""How the runs of a format were made. They are frozen: this runs once, when a format is born.

    python -m tests.golden.make tests/golden/format-N

The folder gets a project with one finished run of every family on every kind of data that it
takes, of which a person changed one while it went, with a run of imported points and with one that
branched off; recipes whose networks have settings of their own; and ``expected.npz``, what each of
them gives: samples drawn with a seed, and the losses of more steps. Old folders are never made anew
and never edited: that they open, sample and train on as they did is what
`tests/engine/test_golden_runs.py` asks.
"""

import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import torch

from pushforward.studio.engine.jobs import headless
from pushforward.studio.engine.process.discovery import discover
from pushforward.studio.engine.run.branching import branch
from pushforward.studio.protocol.spec import ChangeSetting, EditPoints, Pick, Recipe, RunSpec
from pushforward.studio.store.project import Project
from pushforward.studio.store.run import RunFolder
from pushforward.studio.store.text import write_toml
from tests.engine.fakes import drive, new_job
from tests.engine.same import finish, sampled

Settings = dict[str, Any]

STEPS, MORE, SAMPLES = 20, 5, 8
TRAINING: Settings = {
    "steps": STEPS,
    "batch": 16,
    "samples": 100,
    "seed": 7,
    "device": "cpu",
    "threads": 1,
    "particles": 16,
    "frames": 2,
    "kept_capacity": 4,
    "keep": 2,
    "checkpoint_seconds": 86_400.0,
    "evaluate_every": 1_000_000,
    "evaluate_samples": 16,
}
MLP: Settings = {"width": 8, "depth": 2}
SMALL_MLP: Settings = {"kind": "mlp", "units": 6, "layers": 2}

# Family, data set, settings: of every family one run for each kind of data, besides those that
# `branched` and `changed_on_its_way` make.
RUNS: tuple[tuple[str, str, Settings], ...] = (
    ("exact-flow", "eight-gaussians", {}),
    ("discriminator-flow", "two-moons", {"critic": MLP, "steps": 6}),
    ("monoflow", "ring-of-five", {"critic": MLP, "population": 32}),
    ("mmd-flow", "ring-of-five", {"population": 32}),
    ("mmd-generator", "two-moons", {"generator": MLP, "latent": 4}),
    ("score-flow", "ring-of-five", {"net": MLP, "population": 32}),
    ("score-gan", "ring-of-five", {"net": MLP, "generator": MLP, "latent": 4}),
    ("exact-generator", "ring-of-five", {"net": MLP, "generator": MLP, "latent": 4}),
    ("edm", "digits", {"image_net": {"width": 2}}),
    (
        "gan",
        "digits",
        {"image_generator": {"width": 2}, "image_critic": {"width": 2}, "latent": 4},
    ),
    ("discriminator-flow", "digits", {"image_critic": {"width": 2}, "steps": 4}),
    ("monoflow", "digits", {"image_critic": {"width": 2}, "population": 32}),
    ("mmd-flow", "digits", {"population": 32}),
    ("mmd-generator", "digits", {"image_generator": SMALL_MLP, "latent": 4}),
    ("score-flow", "digits", {"image_net": SMALL_MLP, "population": 32}),
    ("score-gan", "digits", {"image_net": SMALL_MLP, "image_generator": {"width": 2}, "latent": 4}),
)

# Family, data set, settings that are none of the defaults; six steps each.
RECIPES: tuple[tuple[str, str, Settings], ...] = (
    (
        "edm",
        "spirals",
        {
            "net": {"width": 10, "depth": 2, "frequencies": 3, "activation": "gelu"},
            "precond": "velocity",
            "density": "uniform-time",
            "path": "rectified-flow",
            "weight": "velocity",
            "optimizer": {"kind": "adamw", "clip": 1.0, "warmup": 2},
            "ema": 0.9,
        },
    ),
    ("exact-flow", "ring-of-five", {"density_mean": -1.0, "s_max": 12.0, "display": "straight"}),
    (
        "gan",
        "pinwheel",
        {
            "generator": {"width": 9, "activation": "relu"},
            "critic": {"width": 10, "depth": 2, "frequencies": 2},
            "loss": "hinge",
            "place": "data",
            "penalty": 0.3,
            "critic_steps": 2,
            "generator_steps": 2,
            "latent": 3,
        },
    ),
    (
        "discriminator-flow",
        "ring-of-five",
        {
            "critic": {"width": 9, "depth": 2, "activation": "tanh"},
            "rescaling": "vanilla",
            "shift": 0.5,
            "steps": 7,
            "noise": 0.1,
            "critic_optimizer": {"lr": 0.002, "beta1": 0.0},
        },
    ),
    (
        "monoflow",
        "s-curve",
        {
            "critic": {"width": 11, "depth": 2, "activation": "relu"},
            "rescaling": "arcsinh",
            "start": "eight-gaussians",
            "population": 40,
            "critic_steps": 2,
            "noise": 0.05,
        },
    ),
    ("mmd-flow", "two-moons", {"population": 40, "bandwidth": 0.5, "kernels": 3, "injection": 0.1}),
    (
        "mmd-generator",
        "checkerboard",
        {"generator": {"width": 9, "depth": 1, "activation": "gelu"}, "kernels": 2, "latent": 3},
    ),
    (
        "score-flow",
        "eight-gaussians",
        {
            "net": {"width": 9, "depth": 2, "frequencies": 2},
            "population": 40,
            "teacher_share": 0.34,
            "score_steps": 2,
            "score_optimizer": {"lr": 0.002},
        },
    ),
    (
        "score-gan",
        "eight-gaussians",
        {
            "net": {"width": 9, "depth": 2},
            "generator": {"width": 10, "depth": 1, "activation": "relu"},
            "teacher_share": 0.34,
            "warm_start": False,
            "generator_steps": 2,
            "latent": 3,
        },
    ),
    (
        "exact-generator",
        "eight-gaussians",
        {
            "net": {"width": 9, "depth": 2},
            "generator": {"width": 10, "activation": "tanh"},
            "score_steps": 2,
            "latent": 3,
        },
    ),
    (
        "edm",
        "digits",
        {"image_net": SMALL_MLP, "precond": "eps", "weight": "min-snr", "gamma": 3.0},
    ),
    (
        "gan",
        "digits",
        {
            "image_generator": SMALL_MLP,
            "image_critic": {"kind": "mlp", "units": 9, "layers": 1},
            "loss": "ipm",
            "penalty": 1.0,
            "centre": 1.0,
        },
    ),
    ("discriminator-flow", "digits", {"image_critic": SMALL_MLP, "steps": 3}),
    ("monoflow", "digits", {"image_critic": SMALL_MLP, "population": 24, "reach": 2.0}),
    ("mmd-flow", "digits", {"population": 24, "kernels": 3}),
    ("mmd-generator", "digits", {"image_generator": {"width": 3}, "latent": 5}),
    ("score-flow", "digits", {"image_net": {"kind": "convolutional", "width": 2}}),
    (
        "score-gan",
        "digits",
        {"image_net": {"kind": "convolutional", "width": 2}, "image_generator": SMALL_MLP},
    ),
)


def spec(name: str, family: str, dataset: str, config: Settings, **training: Any) -> RunSpec:
    """Return a small training."""
    return RunSpec(
        name=name,
        family=Pick(slug=family, config=config),
        dataset=Pick(slug=dataset),
        training={**TRAINING, **training},
    )


def losses(folder: RunFolder, since: int = 0) -> np.ndarray:
    """Return the losses of a run after a step."""
    steps, values = folder.metrics.read()[0]["loss"]
    return np.array([v for step, v in zip(steps, values, strict=True) if step > since])


def trained_on(folder: RunFolder) -> np.ndarray:
    """Train a finished run a few steps more; return their losses."""
    done = folder.status().step
    status = headless.run(folder.path, steps=done + MORE)
    if status.state != "finished":
        raise RuntimeError(f"{folder.name}: {status.error}")
    return losses(folder, done)


def finished(folder: RunFolder) -> RunFolder:
    """Train a run to its end."""
    status = headless.run(folder.path)
    if status.state != "finished":
        raise RuntimeError(f"{folder.name}: {status.error}")
    return folder


def branched(project: Path) -> None:
    """Make a run, and one that leaves it half-way with another learning rate."""
    wanted = spec("edm points", "edm", "two-moons", {"net": MLP}, checkpoint_steps=10)
    parent = finished(headless.create(wanted, project))
    change = ChangeSetting(step=0, path="optimizer.lr", value=0.01)
    child, start = branch(parent, 12, "", [change])
    if start != 10:
        raise RuntimeError(f"the branch starts from step {start}")
    finished(child)


def changed_on_its_way(project: Path) -> None:
    """Make a run that a person changes, samples from and pins a checkpoint of."""
    config = {"generator": MLP, "critic": MLP, "latent": 4}
    folder = headless.create(spec("gan points", "gan", "ring-of-five", config), project)
    answers: list[int | Exception] = []
    points = EditPoints(step=0, action="add", centre=(0.0, 0.0), radius=0.1, count=30, seed=3)
    with folder.owned():
        job = new_job(folder)

        def by_hand(step: int) -> None:
            if step == 8:
                job.change(ChangeSetting(step=0, path="penalty", value=0.5), answers.append)
                job.change(points, answers.append)
            if step == 12:
                job.ask("checkpoint")
                job.ask("sample", 6)

        job.settle()
        finish(drive(job, STEPS, by_hand))
        job.state = "finished"
        job.settle()
    if answers != [8, 8]:
        raise RuntimeError(f"the edits were answered by {answers}")


def imported(project: Path) -> None:
    """Make a run on points that were imported."""
    x = np.random.default_rng(11).normal(scale=(1.0, 2.0, 0.5), size=(60, 3))
    Project.open(project).add_dataset("Three columns", x, ("a", "b", "c"), source="points.csv")
    config = {"net": MLP}
    finished(headless.create(spec("imported", "edm", "project:three-columns", config), project))


def runs(project: Path) -> dict[str, np.ndarray]:
    """Make the project; return what its runs give."""
    Project.create(project, "Golden runs")
    for make in (branched, changed_on_its_way, imported):
        make(project)
    for family, dataset, config in RUNS:
        title = f"{family} {kind_of(dataset)}"
        finished(headless.create(spec(title, family, dataset, config), project))
    expected = {}
    with tempfile.TemporaryDirectory() as scratch:
        # On copies: what a run does when it goes on is no part of it.
        copy = Path(shutil.copytree(project, Path(scratch) / "project"))
        for folder in Project.open(copy).runs():
            expected[f"{folder.name}/samples"] = sampled(folder, SAMPLES)
            expected[f"{folder.name}/losses"] = trained_on(folder)
    return expected


def recipes(folder: Path) -> dict[str, np.ndarray]:
    """Write the recipes, as the studio exports them; return what training them gives."""
    folder.mkdir()
    expected = {}
    for family, dataset, config in RECIPES:
        slug = f"{family}-{kind_of(dataset)}"
        recipe = Recipe(
            slug=slug,
            title=slug,
            summary="Networks of other sizes.",
            teaches="That it opens.",
            source="none",
            kind=kind_of(dataset),
            expected_seconds=1,
            run=spec(slug, family, dataset, config, steps=6),
        )
        write_toml(folder / f"{slug}.toml", recipe)
        with tempfile.TemporaryDirectory() as scratch:
            run = finished(headless.create(recipe.run, Path(scratch) / "project"))
            expected[f"{slug}/losses"] = losses(run)
            expected[f"{slug}/samples"] = sampled(run, SAMPLES)
    return expected


def kind_of(dataset: str) -> str:
    """Return the kind of a data set."""
    return "images" if dataset == "digits" else "points"


def main(target: str) -> None:
    """Make the folder of a format, which must be new."""
    torch.set_num_threads(1)
    discover()
    with tempfile.TemporaryDirectory() as home:
        os.environ["PUSHFORWARD_HOME"] = home  # a judge of images is trained, not read
        format_ = Path(target)
        format_.mkdir()
        expected = runs(format_ / "project") | recipes(format_ / "recipes")
        np.savez(format_ / "expected.npz", **expected)


if __name__ == "__main__":
    main(sys.argv[1])
