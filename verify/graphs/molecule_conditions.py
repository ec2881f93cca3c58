"""GR11 of molecules: molecules have the requested numbers of rings and heteroatoms. The requested
sizes, rings and heteroatoms are those of unseen molecules. The number of rings is a global
property: no single atom or bond determines it.
"""

import torch
from torch import Tensor

from pushforward.models.config import NoConfig
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.data import RowSource
from pushforward.models.contracts.family import Family
from pushforward.models.contracts.spec import SIZE
from pushforward.models.kinds.molecules import HETEROATOMS, RINGS, MoleculeSet
from pushforward.models.metrics.base import Evidence
from pushforward.models.metrics.molecules.structure import ValidMolecules
from pushforward.models.tensors import make_generator
from pushforward.verify.bench import Bench, Learnt, Trial
from pushforward.verify.claim import Null, Outcome, experiment
from pushforward.verify.graphs.edge_density import LEAST, SLOPES, followed
from pushforward.verify.graphs.graph_trainings import SEEDS, of_seeds

__all__ = ["properties"]

_MADE, _STEPS, _VALID = 200, 800, 0.3
_PRIOR, _CHANCE, _MIXED = 3100, 3101, 3103  # streams of the seed
_NAMES = (RINGS, HETEROATOMS)
_SETTINGS = {"batch": 64, "threads": 1}
_TOLD = Trial("masked-types", "qm9", _STEPS, data={"told": True}, training=_SETTINGS)
_UNTRAINED = Trial("masked-types", "qm9", 1, data={"told": True}, training=_SETTINGS)


def _generate(learnt: Learnt, seed: int, asked: Batch) -> Batch:
    """Return molecules that were asked to be as others are."""
    family = learnt.learner
    assert isinstance(family, Family)
    given = {name: asked.given[name] for name in (SIZE, *_NAMES)}
    latents = family.prior(
        len(asked), make_generator(seed, _PRIOR), family.spec.standard_given(given)
    )
    rng = make_generator(seed, _CHANCE)
    *_, last = family.flow(latents, sampler=learnt.sampler, generator=rng)
    made: Batch = family.spec.restored(latents.holding(last.x))
    return made


def _check_line(made: Batch, wanted: Batch, real: RowSource) -> Outcome:
    """Compare molecules with their requested conditions."""
    found = MoleculeSet(made.x, made.given[SIZE].long(), told=True).given(slice(None))
    evidence = Evidence(real, make_generator(0), made=made)
    value = {"valid": ValidMolecules(NoConfig()).measure(evidence).value}
    passed = value["valid"] >= _VALID
    for name in _NAMES:
        r, slope = followed(wanted.given[name], found[name])
        value |= {f"r of {name}": r, f"slope of {name}": slope}
        passed = passed and r >= LEAST and SLOPES[0] <= slope <= SLOPES[1]
    figure = ", ".join(f"{name} {x:.2f}" for name, x in value.items())
    return Outcome(figure, value, passed, "", [])


def _rows(real: RowSource) -> Batch:
    return real.rows(slice(None))


def _trained(bench: Bench, trial: Trial) -> Outcome:
    found, seeds, floor = [], bench.seeds(SEEDS), ""
    for seed in seeds:
        learnt = bench.train(trial, seed)
        asked, real = learnt.pair(_MADE, seed)
        found.append(_check_line(_generate(learnt, seed, _rows(asked)), _rows(asked), real))
        floor = floor or f"those asked for: {_check_line(_rows(asked), _rows(asked), real).figure}"
    return of_seeds(found, floor, seeds)


def _mixed(bench: Bench) -> Outcome:
    """Ask for one molecule's rings and heteroatoms and count those of another."""
    learnt = bench.train(_TOLD, 0)
    asked, real = learnt.pair(_MADE, 0)
    order: Tensor = torch.randperm(_MADE, generator=make_generator(0, _MIXED))
    return _check_line(_generate(learnt, 0, _rows(asked)), _rows(asked).take(order), real)


def _looked_up(bench: Bench) -> Outcome:
    """Return the training molecules with the nearest rings, heteroatoms and size."""
    learnt = bench.train(_UNTRAINED, 0)
    asked, real = learnt.pair(_MADE, 0)
    train = learnt.learned
    assert train is not None
    known, wanted = _rows(train), _rows(asked)
    names = (*_NAMES, SIZE)
    asked_for, there = (
        torch.stack([b.given[name].double() for name in names], dim=1) for b in (wanted, known)
    )
    return _check_line(known.take(torch.cdist(asked_for, there).argmin(dim=1)), wanted, real)


@experiment(
    "GR11-molecules",
    title="The requested rings and heteroatoms",
    claim="DiGress with types, conditioned on the numbers of rings and heteroatoms of QM9 "
    "molecules and trained for 800 steps, generates molecules with the requested numbers. This is "
    "about the condition: a look-up of training molecules meets the line as well.",
    pass_line="by each of three seeds, of rings and of heteroatoms: correlation of requested and "
    f"obtained >= {LEAST}, slope of the obtained on the requested {SLOPES[0]} to {SLOPES[1]}; "
    f"valid >= {_VALID}",
    group="Graphs",
    source="lines of GR11-density; Vignac et al. 2023, arXiv:2209.14734, section 5",
    slow=True,
    nulls=[
        Null("one step of training", lambda bench: _trained(bench, _UNTRAINED)),
        Null("what others were asked for", _mixed),
    ],
    baselines=[Null("training molecules with the nearest conditions", _looked_up)],
)
def properties(bench: Bench) -> Outcome:
    """Train three seeds, and ask for what unseen molecules have."""
    return _trained(bench, _TOLD)
