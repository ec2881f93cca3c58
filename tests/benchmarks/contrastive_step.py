"""What a step of contrastive learning costs: prints a table.

    python -m tests.benchmarks.contrastive_step [--batch 128] [--rounds 20]

Asked: NT-Xent at least as fast as that of lightly at equal values, where that is installed; drawing
both views from a generator online at most 30 % of the step, for a multilayer perceptron and a
diffusion of six solver steps on 8x8 digits. One core.
"""

import argparse
import os
import statistics
import time
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from typing import Any

from tests.benchmarks.smallest import parse

os.environ.setdefault("OMP_NUM_THREADS", "1")

import torch

from pushforward.models.config import decode
from pushforward.models.contracts.learner import Learner
from pushforward.models.nets.pick import filled
from pushforward.models.registry import discover, registry
from pushforward.models.representation.losses import nt_xent
from pushforward.models.tensors import make_generator
from tests.models import tracks

RATIO, SHARE = 1.0, 0.3
CPU = torch.device("cpu")
MLP = {"slug": "mlp", "config": {"width": 128, "depth": 2}}
SOURCES: dict[str, dict[str, Any]] = {
    "vae": {
        "latent": 16, "couplings": 0, "noisy": False, "decoder": MLP,
        "encoder": {"slug": "mlp-encoder", "config": {"width": 128, "depth": 2}},
    },
    "gan": {"latent": 16, "generator": MLP, "critic": MLP},
    "edm": {"net": MLP},
}  # fmt: skip


def seconds(work: Callable[[], object], times: int) -> float:
    """Return the median processor time of a call."""
    work()
    taken = []
    for _ in range(times):
        began = time.process_time()
        work()
        taken.append(time.process_time() - began)
    return statistics.median(taken)


def loss_ratio(batch: int, rounds: int) -> str:
    """Compare NT-Xent with lightly's, forward and backward."""
    a, b = torch.randn((2, batch, 64), generator=make_generator(0)).requires_grad_()

    def own() -> torch.Tensor:
        loss = nt_xent(a, b, 0.5)
        loss.backward()
        return loss

    mine = seconds(own, rounds)
    if find_spec("lightly") is None:
        return f"{1e3 * mine:.2f} ms; lightly is not installed"
    from lightly.loss import NTXentLoss  # type: ignore[import-not-found,unused-ignore]

    reference = NTXentLoss(temperature=0.5)

    def theirs() -> torch.Tensor:
        loss: torch.Tensor = reference(a, b)
        loss.backward()
        return loss

    gap = abs(float(own() - theirs()))
    ratio = seconds(theirs, rounds) / mine
    word = "met" if ratio >= RATIO and gap < 1e-5 else "not met"
    return f"{1e3 * mine:.2f} ms, {ratio:.2f} x lightly's speed, difference {gap:.1e}: {word}"


def make(slug: str, config: dict[str, Any], **inputs: Learner[Any]) -> Learner[Any]:
    """Return a model of the digits, as it begins."""
    entry = registry.get("family", slug)
    data = registry.get("kind", "images").make(400, 0).labelled()
    settings = decode(entry.config, filled(entry, config, "images"))
    learner: Learner[Any] = entry.make(
        settings, data.spec(), horizon=1000, seed=0, device=CPU, inputs=inputs
    )
    return learner


def online_share(slug: str, batch: int, rounds: int) -> str:
    """Return which part of a step both views of a generator take."""
    settings = {"latent": {"kind": "gaussian", "sigma": 0.2}}
    student: Any = make("representation", settings, source=make(slug, SOURCES[slug]))
    data = registry.get("kind", "images").make(400, 0).labelled()
    rows = student.spec.standardised(data.rows(slice(0, batch)))
    generator = make_generator(1)

    def views() -> None:
        anchors, latents = student.anchors.draw(rows, generator, 0)
        student.anchors.second(anchors, latents, generator)

    whole, drawing = seconds(lambda: student.step(rows), rounds), seconds(views, rounds)
    share = drawing / whole
    word = "met" if share <= SHARE else "not met"
    return f"step {1e3 * whole:.1f} ms, views {1e3 * drawing:.1f} ms ({share:.0%}): {word}"


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--rounds", type=int, default=20)
    args = parse(parser, argv, batch=8, rounds=1)
    torch.set_num_threads(1)
    discover()
    with tracks.known():
        print(f"NT-Xent 2 x {args.batch} x 64: {loss_ratio(args.batch, args.rounds)}")
        for slug in SOURCES:
            print(f"views of {slug}: {online_share(slug, args.batch, args.rounds)}")


if __name__ == "__main__":
    main()
