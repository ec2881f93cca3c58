"""GR5: graphs of two communities are learned as a whole, not edge by edge.

Five sets of 20 generated graphs are compared with the same 20 unseen ones, as in published tables
(biased estimates, whose floor is high), and all 100 against 400 more (unbiased ones, which see much
finer). The nulls are what the usual lines let through, or nearly: copies of training graphs with
some pairs turned, and edges drawn each for itself in breadth-first order.

Training graphs with one to three pairs flipped pass as new and are as near as fresh graphs. So a
graph counts as learned only if it differs from every training graph in more than three pairs.
"""

from statistics import fmean

from pushforward.models.data.community import CommunityConfig, community
from pushforward.models.kinds.graphs import GraphSet
from pushforward.models.layouts.graph_validity import two_communities
from pushforward.models.metrics.graphs.discrepancy import discrepancy
from pushforward.models.metrics.graphs.edits import share_beyond
from pushforward.models.metrics.graphs.isomorphism import novelty, uniqueness
from pushforward.verify.claim import Null, Outcome, experiment
from pushforward.verify.graphs.graph_trainings import (
    Graphs,
    Lesson,
    by_seeds,
    copied,
    edited,
    nulls,
)

__all__ = ["BEYOND", "NEW_LINE", "distances", "edm_on_communities", "judged"]

_SEED, _FRESH = 1, 21  # of the data: settings were chosen by the former, the claim is of the latter
_TRAIN, _TEST, _MORE, _CHUNK = 80, 20, 400, 20
_PUBLISHED = {"degree": 0.15, "clustering": 0.18, "orbit": 0.07}
_FINER = {"degree": 0.03, "clustering": 0.09, "orbit": 0.05}
BEYOND = 0.75
"""The least share of graphs that differ from each training graph in more than three pairs.

Chosen by 400 fresh graphs for each of the data seeds 1, 31 and 41, of which .89 to .92 do; of
training graphs with three pairs flipped, .38 to .41.
"""
NEW_LINE = f"unique and novel >= .9, beyond 3 flips >= {BEYOND:g}"
_FLIPS = 3


def _fresh(n: int, seed: int) -> Graphs:
    graphs = community(CommunityConfig(), n, seed)
    return graphs.adjacency, graphs.size


def _train_set(seed: int = _SEED) -> GraphSet:
    return community(CommunityConfig(), _TRAIN, seed)


def distances(made: Graphs, test: Graphs, more: Graphs) -> dict[str, float]:
    """Return how far graphs are from unseen ones: in chunks of 20 from the same 20 (biased), as
    "degree 20v20" and so on, and all of them from more (unbiased), as "degree".
    """
    chunks = [
        (made[0][i : i + _CHUNK], made[1][i : i + _CHUNK]) for i in range(0, len(made[1]), _CHUNK)
    ]
    return {
        **{
            f"{name} 20v20": fmean(discrepancy(name, chunk, test, "biased") for chunk in chunks)
            for name in _PUBLISHED
        },
        **{name: discrepancy(name, made, more, "unbiased") for name in _PUBLISHED},
    }


def judged(made: Graphs, data: int = _SEED) -> Outcome:
    """Hold 100 graphs against unseen ones and against the training graphs, by the seed of the
    latter.
    """
    train, test, more = _train_set(data), _fresh(_TEST, data + 1), _fresh(_MORE, data + 2)
    apart = distances(made, test, more)
    published = {name: apart[f"{name} 20v20"] for name in _PUBLISHED}
    finer = {name: apart[name] for name in _PUBLISHED}
    valid = float(two_communities(*made, 12, 20).double().mean())
    known = train.adjacency, train.size
    unique, novel = uniqueness(*made), novelty(made, known)
    beyond = share_beyond(_FLIPS, made, known)
    value = {
        **apart,
        "valid": valid,
        "unique": unique,
        "novel": novel,
        "beyond": beyond,
    }
    figures = [" / ".join(f"{x:.3f}" for x in sides.values()) for sides in (published, finer)]
    return Outcome(
        figure=f"20v20 {figures[0]}; 100v400 {figures[1]}; valid {valid:.2f}, "
        f"unique {unique:.2f}, novel {novel:.2f}, beyond 3 flips {beyond:.2f}",
        value=value,
        passed=all(published[name] <= line for name, line in _PUBLISHED.items())
        and all(finer[name] <= line for name, line in _FINER.items())
        and valid >= 0.5
        and min(unique, novel) >= 0.9
        and beyond >= BEYOND,
        floor="",
        seeds=[_SEED],
    )


# 25 steps of Heun's method: 49 evaluations.
_DIFFUSION = Lesson("edm", 1500, seed=_FRESH, sampler="heun", sampling={"steps": 25})


def _check_line(made: Graphs) -> Outcome:
    return judged(made, _FRESH)


@experiment(
    "GR5-edm",
    title="EDM learns graphs of two communities",
    claim="An EDM diffusion of packed rows, with a graph network of 70,000 weights trained for "
    "1500 steps on 80 graphs, makes new graphs of two communities in 49 evaluations.",
    pass_line="by each of three seeds: degree / clustering / orbit MMD^2, biased, 20 v 20: <= .15 "
    "/ .18 / .07; unbiased, 100 v 400: <= .03 / .09 / .05; valid >= .5, " + NEW_LINE,
    group="Graphs",
    source="Jo et al. 2022, arXiv:2202.02514, table 1 (the measure); You et al. 2018, "
    "arXiv:1802.08773, section 4.3 (the kernels)",
    slow=True,
    nulls=[
        Null("one step of training", lambda: _check_line(_DIFFUSION.train_and_sample(0, 1))),
        *nulls(_DIFFUSION, _check_line),
        *edited(_DIFFUSION, _check_line),
        copied(_DIFFUSION, _check_line),
    ],
)
def edm_on_communities() -> Outcome:
    """Train three seeds."""
    return by_seeds(_DIFFUSION, _check_line)
