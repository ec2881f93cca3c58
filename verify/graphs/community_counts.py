"""GR11: graphs have the requested number of communities.

Graphs of 20 nodes may be three communities or four: their size does not say. A diffusion that
learned from graphs of two to four generates either, and the communities are counted by greedy
modularity.
"""

from collections import Counter

import torch

from pushforward.models.config import decode
from pushforward.models.contracts.family import Family
from pushforward.models.contracts.spec import LABEL, SIZE
from pushforward.models.data.block_model import BlockModelConfig, block_model
from pushforward.models.guidance.classifier_free import ClassifierFree, ClassifierFreeConfig
from pushforward.models.layouts.graphs import Packing, unpack
from pushforward.models.samplers.heun import Heun, HeunConfig
from pushforward.models.tensors import make_generator
from pushforward.verify.bench import Bench, Learnt, Trial
from pushforward.verify.claim import Null, Outcome, experiment

__all__ = ["communities", "requested_counts"]

_STEPS, _GRAPHS, _MADE, _NODES, _GRID = 1000, 600, 60, 20, 25
_FEWEST = 2  # communities, of the class 0
_ASKED = (3, 4)
_REQUESTED = [k for k in _ASKED for _ in range(_MADE)]
_STRENGTH, _CORRELATION = 3.0, 0.6
_PRIOR, _REAL = 3101, 3102


def communities(adjacency: torch.Tensor, size: torch.Tensor) -> list[int]:
    """Return how many communities graphs (n, N, N) have by greedy modularity (Clauset et al. 2004,
    doi:10.1103/PhysRevE.70.066111).
    """
    import networkx

    found = []
    for square, nodes in zip(adjacency, size.tolist(), strict=True):
        graph = networkx.from_numpy_array(square[:nodes, :nodes].numpy())
        found.append(len(networkx.community.greedy_modularity_communities(graph)))
    return found


def _figure(requested: list[int], obtained: list[int]) -> tuple[str, dict[str, float]]:
    both = torch.tensor([requested, obtained], dtype=torch.float64)
    # Where all are the same nothing goes with anything.
    value = {
        "r": float(torch.corrcoef(both)[0, 1].nan_to_num()),
        "right": float((both[0] == both[1]).double().mean()),
    }
    counts = sorted(Counter(zip(requested, obtained, strict=True)).items())
    told = ", ".join(f"{asked} as {made}: {count}" for (asked, made), count in counts)
    return f"r {value['r']:.2f}, {value['right']:.0%} right ({told})", value


def _generate_samples(learnt: Learnt, strength: float, seed: int) -> list[int]:
    """Return the number of communities of graphs of 20 nodes for each requested number."""
    family, spec = learnt.learner, learnt.learner.spec
    assert isinstance(family, Family)
    label = torch.tensor(_REQUESTED) - _FEWEST
    given = spec.standard_given({LABEL: label, SIZE: torch.full_like(label, _NODES)})
    latents = family.prior(len(label), make_generator(seed, _PRIOR), given)
    free = ClassifierFree(decode(ClassifierFreeConfig, {"strength": strength}))
    *_, last = family.flow(latents, sampler=Heun(HeunConfig(steps=_GRID)).guided_by(free))
    made = spec.restored(latents.holding(last.x))
    return communities(unpack(made.x, Packing.like(made)), made.given[SIZE])


def _obeyed(bench: Bench, steps: int, strength: float) -> Outcome:
    trial = Trial(
        "edm",
        "block-model",
        steps,
        config={"conditional": True, "label_dropout": 0.1},
        training={"samples": _GRAPHS},
    )
    seeds = bench.seeds([0, 1, 2])
    found = {
        seed: _figure(_REQUESTED, _generate_samples(bench.train(trial, seed), strength, seed))
        for seed in seeds
    }
    return Outcome(
        figure="; ".join(f"seed {seed}: {said}" for seed, (said, _) in found.items()),
        value={f"{k}, seed {s}": v for s, (_, value) in found.items() for k, v in value.items()},
        passed=all(value["r"] >= _CORRELATION for _, value in found.values()),
        floor=_floor(),
        seeds=seeds,
    )


def _floor() -> str:
    """Count real graphs of three and of four communities, of any size."""
    real = block_model(BlockModelConfig(), 3 * _MADE, _REAL)
    assert real.labels is not None
    some = real.take((real.labels + _FEWEST >= min(_ASKED)).nonzero()[:, 0])
    assert some.labels is not None
    said, _ = _figure((some.labels + _FEWEST).tolist(), communities(some.adjacency, some.size))
    return f"real graphs: {said}"


def _looked_up(bench: Bench) -> Outcome:
    """Return training graphs of the requested class with the nearest number of nodes."""
    known = block_model(BlockModelConfig(), _GRAPHS, 0)
    assert known.labels is not None
    rows: list[int] = []
    for k in _ASKED:
        own = (known.labels + _FEWEST == k).nonzero()[:, 0]
        order = (known.size[own] - _NODES).abs().argsort()
        rows += own[order][:_MADE].tolist()
    found = known.take(torch.tensor(rows))
    assert found.labels is not None
    requested = (found.labels + _FEWEST).tolist()
    said, value = _figure(requested, communities(found.adjacency, found.size))
    return Outcome(said, value, value["r"] >= _CORRELATION, "", [0])


@experiment(
    "GR11-communities",
    title="The requested number of communities",
    claim="A diffusion conditioned on the number of communities of 600 graphs, trained for 1000 "
    "steps, generates graphs of 20 nodes with the requested three or four communities, with "
    "classifier-free guidance of strength 3 in 49 evaluations. This is about the condition: a "
    "look-up of training graphs by their class meets the line as well.",
    pass_line="correlation of requested and obtained >= .6, for each seed",
    group="Graphs",
    source="Ho and Salimans 2022, arXiv:2207.12598, eq. 6 (guidance); Holland et al. 1983, "
    "doi:10.1016/0378-8733(83)90021-7 (the graphs)",
    slow=True,
    nulls=[
        Null("the condition left out", lambda bench: _obeyed(bench, _STEPS, 0.0)),
        Null("one step of training", lambda bench: _obeyed(bench, 1, _STRENGTH)),
    ],
    baselines=[Null("training graphs of the class", _looked_up)],
)
def requested_counts(bench: Bench) -> Outcome:
    """Train, ask for three and for four, and count."""
    return _obeyed(bench, _STEPS, _STRENGTH)
