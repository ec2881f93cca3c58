"""How fast recommenders are ranked, trained and asked: prints a table.

    python -m tests.benchmarks.ranking_speed [--users 1000] [--items 1447] [--large 60000]

Asked: full ranking with its metrics at least 50 times as fast as a loop over users in Python, with
equal values, at six lengths of the list, for each of which the loop sorts again, as the released
code of ACVAE does (and for one length, where the loop sorts once); at least as fast as RecTools
(MobileTeleSystems, Apache-2.0), run by the interpreter that --rectools names, with equal recall and
NDCG of the same lists; a training step of ACVAE at
least twice as fast as with one-hot targets over all places, at a tenth of the memory; a step of
SASRec at least as fast as a plain PyTorch implementation of it; a list for one history within 50 ms
at 60,000 items. One core.
"""

import argparse
import functools
import math
import os
import statistics
import subprocess
import time
from collections.abc import Callable, Sequence
from tempfile import TemporaryDirectory

from tests.benchmarks.smallest import parse

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from pushforward.models.config import decode
from pushforward.models.contracts.batch import Batch
from pushforward.models.families.recommend.acvae import Acvae, AcvaeConfig
from pushforward.models.families.recommend.next_item import NextItemConfig, SasRec
from pushforward.models.kinds.interactions import InteractionSet
from pushforward.models.layouts.ragged import Ragged
from pushforward.models.nets.pick import filled
from pushforward.models.ranking.evaluation import score_lists
from pushforward.models.registry import discover, registry
from pushforward.models.tensors import make_generator

RANKING, ONE_HOT, MEMORY, REFERENCE, PREVIEW = 50.0, 2.0, 0.1, 1.0, 50.0
CPU = torch.device("cpu")
K = 10


def seconds(work: Callable[[], object], times: int) -> float:
    """Return the median time of a call."""
    taken = []
    for _ in range(times):
        began = time.process_time()
        work()
        taken.append(time.process_time() - began)
    return statistics.median(taken)


def saved(work: Callable[[], Tensor]) -> int:
    """Return the bytes that a loss keeps for its backward pass, each storage once."""
    sizes: dict[int, int] = {}

    def pack(x: Tensor) -> Tensor:
        sizes[x.untyped_storage().data_ptr()] = x.untyped_storage().nbytes()
        return x

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda x: x):
        loss = work()
    torch.autograd.backward(loss)
    return sum(sizes.values())


def by_hand(
    scores: list[list[float]], seen: list[set[int]], wanted: list[set[int]], k: int
) -> list[float]:
    """Return the NDCG@k of each user, as a loop over users and items has it."""
    found = []
    for own, known, targets in zip(scores, seen, wanted, strict=True):
        ranked = sorted(range(len(own)), key=lambda i: -own[i])
        top = [i + 1 for i in ranked if i + 1 not in known][:k]
        gain = sum(1 / math.log2(r + 2) for r, item in enumerate(top) if item in targets)
        best = sum(1 / math.log2(r + 2) for r in range(min(k, len(targets))))
        found.append(gain / best)
    return found


def histories(users: int, items: int, length: int, real: float = 0.62) -> Tensor:
    """Return histories of different items, (users, length), with a share of real places."""
    g = make_generator(0)
    x = torch.rand(users, items, generator=g).topk(length, dim=1).indices + 1
    spread = torch.rand(users, generator=g) ** (1.0 / real - 1.0)
    size = (length * spread).long().clamp(3, length)
    return x * (torch.arange(length) < size[:, None])


def rank(users: int, items: int) -> tuple[float, float]:
    """Return how many times as fast full ranking is as the loop, at one length of the list and at
    six; the values must be equal.
    """
    g = make_generator(1)
    x = histories(users, items, min(40, items // 2))
    scores = torch.randn(users, items, generator=g)
    targets = Ragged(
        torch.randint(1, items + 1, (8 * users,), generator=g), torch.full((users,), 8)
    )
    rows, every, listed = Batch(x), targets.values.view(users, 8), scores.tolist()
    seen = [set(row) - {0} for row in x.tolist()]
    wanted = [set(row) - known for row, known in zip(every.tolist(), seen, strict=True)]
    found = []
    for ks in ((10,), (1, 5, 10, 20, 50, 100)):
        began = time.process_time()
        expected = {k: by_hand(listed, seen, wanted, k) for k in ks}
        loop = time.process_time() - began
        ours = seconds(functools.partial(score_lists, scores, rows, targets, ks), 5)
        values = score_lists(scores, rows, targets, ks).values
        for k, mine in expected.items():
            truth = torch.tensor(mine, dtype=torch.float64)
            torch.testing.assert_close(values[f"ndcg@{k}"], truth, rtol=0.0, atol=1e-9)
        found.append(loop / ours)
    return found[0], found[1]


RECTOOLS = """
import sys, time
import numpy as np, pandas as pd
from rectools.metrics import NDCG, Recall, calc_metrics
found, k = np.load(sys.argv[1]), int(sys.argv[2])
lists = pd.DataFrame({n: found[n] for n in ("user_id", "item_id", "rank")})
wanted = pd.DataFrame({"user_id": found["who"], "item_id": found["what"]})
metrics = {"recall": Recall(k=k), "ndcg": NDCG(k=k, divide_by_achievable=True)}
taken = []
for _ in range(4):
    began = time.process_time()
    values = calc_metrics(metrics, lists, wanted)
    taken.append(time.process_time() - began)
print(sorted(taken[1:])[1], values["recall"], values["ndcg"])
"""
"""A process of its own: on Python 3.11 RecTools needs NumPy 1, and the studio needs 2."""


def rectools(users: int, items: int, python: str) -> tuple[float, str]:
    """Return how many times as fast ranking with recall and NDCG is as the metrics of RecTools,
    which is handed the lists, or 0 and why that is not measured; the values must be equal.
    """
    if not python:
        return 0.0, "skipped: --rectools PYTHON names an interpreter that has it"
    g = make_generator(1)
    x = histories(users, items, min(40, items // 2))
    scores = torch.randn(users, items, generator=g)
    every = torch.rand(users, items, generator=g).topk(8, dim=1).indices + 1
    every = torch.where((every[:, :, None] == x[:, None, :]).any(dim=2), every[:, :1], every)
    rows, targets = Batch(x), Ragged(every.flatten(), torch.full((users,), 8))
    found = score_lists(scores, rows, targets, (K,))
    seen = (every[:, :, None] == x[:, None, :]).any(dim=2)
    row, place = torch.nonzero(~seen, as_tuple=True)
    pairs = torch.unique(torch.stack([row, every[row, place]], dim=1), dim=0)
    pairs = pairs[torch.isin(pairs[:, 0], found.users)]
    with TemporaryDirectory() as folder:
        np.savez(
            f"{folder}/lists.npz",
            user_id=found.users.repeat_interleave(K).numpy(),
            item_id=found.lists[:, :K].flatten().numpy(),
            rank=torch.arange(1, K + 1).repeat(len(found.users)).numpy(),
            who=pairs[:, 0].numpy(),
            what=pairs[:, 1].numpy(),
        )
        command = [python, "-c", RECTOOLS, f"{folder}/lists.npz", str(K)]
        answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    theirs, *values = map(float, answer.split())
    for name, value in zip(("recall", "ndcg"), values, strict=True):
        assert abs(found.mean(f"{name}@{K}") - value) < 1e-9, (name, value)
    return theirs / seconds(functools.partial(score_lists, scores, rows, targets, (K,)), 5), ""


def one_hot(items: int) -> tuple[float, float]:
    """Return how many times as fast the loss of ACVAE is as one with one-hot targets at all places,
    and what share of its memory it keeps. A quarter of the places are real, as in histories of
    MovieLens that are cut at 200 items.
    """
    x = histories(64, items, min(200, items), real=0.24)
    data = InteractionSet(x, tuple(map(str, range(items))))
    learner = Acvae(AcvaeConfig(dropout=0.0), data.spec(), horizon=100, seed=0, device=CPU)
    real = x[:, 1:] != 0
    z = learner.sample(learner.states.items(x[:, :-1]), None)[0].detach().requires_grad_()

    def masked() -> Tensor:
        return learner.reconstruction(z, x, real)

    def dense() -> Tensor:
        logits = functional.pad(learner.states.scores(z), (1, 0), value=-1e9)  # the padding
        target = functional.one_hot(x[:, 1:], items + 1)
        each = -(target * logits.log_softmax(dim=2)).sum(dim=2)
        return (each * real).sum() / real.sum()

    torch.testing.assert_close(masked(), dense())
    ours = seconds(lambda: torch.autograd.backward(masked()), 3)
    theirs = seconds(lambda: torch.autograd.backward(dense()), 3)
    return theirs / ours, saved(masked) / saved(dense)


class PlainSasRec(nn.Module):
    """SASRec by PyTorch's own transformer layers, with the same sizes."""

    def __init__(self, items: int, places: int, width: int = 64) -> None:
        super().__init__()
        self.items = nn.Embedding(items + 1, width, padding_idx=0)
        self.places = nn.Embedding(places, width)
        layer = nn.TransformerEncoderLayer(
            width, 1, 4 * width, 0.0, functional.gelu, batch_first=True, norm_first=True
        )
        self.layers = nn.TransformerEncoder(layer, 2, nn.LayerNorm(width), False)

    def forward(self, x: Tensor) -> Tensor:
        h = self.items(x) + self.places(torch.arange(x.shape[1]))
        mask = nn.Transformer.generate_square_subsequent_mask(x.shape[1])
        states = self.layers(h, mask, is_causal=True)
        scores: Tensor = states @ self.items.weight[1:].T
        return scores


def sasrec(items: int) -> float:
    """Return how many times as fast a training step is as that of the plain implementation, which
    scores all places.
    """
    x = histories(64, items, 50)
    data = InteractionSet(x, tuple(map(str, range(items))))
    entry = registry.get("family", "sasrec")
    config = decode(NextItemConfig, filled(entry, {"ema": 0.0}, "interactions"))
    ours = SasRec(config, data.spec(), horizon=100, seed=0, device=CPU)
    plain = PlainSasRec(items, 50)
    optimizer = torch.optim.AdamW(plain.parameters(), 3e-3)

    def reference() -> None:
        optimizer.zero_grad()
        scores = plain(x[:, :-1]).flatten(0, 1)
        loss = functional.cross_entropy(scores, x[:, 1:].flatten() - 1, ignore_index=-1)
        torch.autograd.backward(loss)
        optimizer.step()

    rows = Batch(x)
    reference()
    ours.step(rows)
    return seconds(reference, 5) / seconds(lambda: ours.step(rows), 5)


def preview(items: int) -> dict[str, float]:
    """Return the milliseconds of a list for one history, by model."""
    x = histories(64, items, 100)
    data = InteractionSet(x, tuple(map(str, range(items))))
    found = {}
    for slug in ("gru4rec", "sasrec", "acvae", "windowed"):
        entry = registry.get("family", slug)
        config = decode(entry.config, filled(entry, {}, "interactions"))
        model = entry.make(config, data.spec(), horizon=10, seed=0, device=CPU)
        if entry.passes:
            model.step(data.rows(slice(None)))
        recommend = functools.partial(model.recommend, x[:1])
        recommend()
        found[slug] = 1000 * seconds(lambda ask=recommend: ask().topk(K), 5)  # type: ignore[misc]
    return found


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print a table, and return 1 if a figure is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, default=1000)
    parser.add_argument("--items", type=int, default=1447)
    parser.add_argument("--large", type=int, default=60_000)
    parser.add_argument("--rectools", default="", metavar="PYTHON")
    args = parse(parser, argv, users=50, items=100, large=500)
    discover()
    torch.set_num_threads(1)
    (once, ranking), (speed, share) = rank(args.users, args.items), one_hot(args.items)
    plain, asked = sasrec(args.items), preview(args.large)
    print(f"full ranking over a loop, 6 lists  {ranking:8.1f}x   asked {RANKING:g}x")
    print(f"the same, one length of the list   {once:8.1f}x")
    other, why = rectools(args.users, args.items, args.rectools)
    print(f"the metrics of RecTools {why or f'{other:17.1f}x   asked {REFERENCE:g}x'}")
    print(f"ACVAE loss over one-hot targets    {speed:8.1f}x   asked {ONE_HOT:g}x")
    print(f"memory of its logits               {share:8.0%}    asked {MEMORY:.0%}")
    print(f"SASRec step over plain PyTorch     {plain:8.1f}x   asked {REFERENCE:g}x")
    for slug, ms in asked.items():
        print(f"a list of {args.large:,} items, {slug:10s} {ms:8.1f} ms  asked {PREVIEW:g} ms")
    met = (
        ranking >= RANKING
        and (bool(why) or other >= REFERENCE)
        and speed >= ONE_HOT
        and share <= MEMORY
        and plain >= REFERENCE
    )
    return 0 if met and max(asked.values()) <= PREVIEW else 1


if __name__ == "__main__":
    raise SystemExit(main())
