"""8D: a diffusion of sounds generates the requested pitch."""

from collections.abc import Callable

import torch
from torch import Tensor

from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.family import Family
from pushforward.models.contracts.spec import LABEL
from pushforward.models.data.notes import NOTES, RATE, NotesConfig, notes, pitches
from pushforward.models.tensors import make_generator
from pushforward.verify.bench import Bench, Trial
from pushforward.verify.claim import Null, Outcome, experiment
from pushforward.verify.null_models import copy_rows, sample_marginals

__all__ = ["notes_by_diffusion", "peaks"]

_STEPS, _EACH, _LENGTH, _LINE = 1000, 20, 512, 1.0
_PRIOR, _REAL = 3202, 99


def peaks(x: Tensor) -> Tensor:
    """Return the strongest bin of the spectrum of sounds (n, L, 1), (n,); bin k is k / L cycles a
    sample.
    """
    power = torch.fft.rfft(x[..., 0].double(), dim=1).abs()
    power[:, 0] = 0.0
    found: Tensor = power.argmax(dim=1).double()
    return found


def _errors(x: Tensor, label: Tensor) -> Tensor:
    """Return by how many bins the strongest one is from the pitch of each note."""
    return (peaks(x) - pitches()[label].double() * x.shape[1] / RATE).abs()


def _trial(steps: int) -> Trial:
    net = {"slug": "dilated-conv", "config": {"width": 24, "layers": 8}}
    return Trial(
        "edm",
        "notes",
        steps,
        config={"conditional": True, "net": net},
        data={"length": _LENGTH},
        training={"batch": 16},
    )


def _generate(learner: object, sampler: object, label: Tensor, seed: int) -> Tensor:
    assert isinstance(learner, Family)
    rng = make_generator(seed, _PRIOR)
    latents = learner.prior(len(label), rng, {LABEL: label})
    with torch.no_grad():
        *_, last = learner.flow(latents, sampler=sampler, generator=rng)
    found: Tensor = learner.spec.restore(last.x.cpu())
    return found


# Of training sounds, the labels asked for and a seed: sounds (n, L, 1).
Make = Callable[[Batch, Tensor, int], Tensor]


def _of_the_note(train: Batch, label: Tensor, seed: int) -> Tensor:
    """Return for each label a training sound of that note."""
    found = torch.zeros((len(label), *train.x.shape[1:]))
    for note in range(len(NOTES)):
        rows = label == note
        sounds = train.x[train.given[LABEL] == note].flatten(1)
        found[rows] = copy_rows(sounds, int(rows.sum()), seed).reshape(-1, *train.x.shape[1:])
    return found


def _of_any_note(train: Batch, label: Tensor, seed: int) -> Tensor:
    found: Tensor = copy_rows(train.x, len(label), seed)
    return found


def _by_numbers(train: Batch, label: Tensor, seed: int) -> Tensor:
    """Return sounds whose numbers are those of training sounds, each drawn independently."""
    found = sample_marginals(train.x.flatten(1), len(label), seed)
    return found.reshape(-1, *train.x.shape[1:])


def _judged(
    bench: Bench, steps: int = _STEPS, *, other: bool = False, null: Make | None = None
) -> Outcome:
    """Measure the pitch of notes; with ``other`` real sounds of another note, or with the sounds of
    a ``null`` model.
    """
    label = torch.arange(len(NOTES)).repeat(_EACH)
    real = notes(NotesConfig(length=_LENGTH), 200, _REAL)
    assert real.labels is not None
    floor = float(_errors(real.x, real.labels).mean())
    value: dict[str, float] = {}
    seeds, said, worst = bench.seeds([0]), [], 0.0
    for seed in seeds:
        if other:
            errors = _errors(real.x, (real.labels + 1) % len(NOTES))
        else:
            learnt = bench.train(_trial(steps), seed)
            if null is None:
                made = _generate(learnt.learner, learnt.sampler, label, seed)
            else:
                assert learnt.learned is not None
                made = null(learnt.learned.rows(slice(None)), label, seed)
            errors = _errors(made, label)
        mean, near = float(errors.mean()), float((errors <= 1.0).double().mean())
        worst = max(worst, mean)
        value |= {f"mean error, seed {seed}": mean, f"within a bin, seed {seed}": near}
        said.append(f"seed {seed}: {mean:.2f} bins off in the mean, {100 * near:.0f} % within one")
    return Outcome(
        figure="; ".join(said),
        value=value,
        passed=worst <= _LINE,
        floor=f"real notes: {floor:.2f} bins",
        seeds=seeds,
    )


@experiment(
    "8D-notes",
    title="Notes by dilated convolutions",
    claim="A diffusion with dilated convolutions generates sounds of 512 samples whose strongest "
    "frequency is the pitch of the requested note, after 1,000 steps. So is that of training "
    "sounds of the note: the claim is that the model follows its condition, not that its sounds "
    "are new.",
    pass_line="spectral peak at most 1 bin (15.6 Hz) from the pitch, mean over 20 sounds of each "
    "of five notes",
    group="8D",
    source="Kong et al. 2021, arXiv:2009.09761; other data, other size: no figure of theirs",
    slow=True,
    nulls=[
        Null("one step of training", lambda bench: _judged(bench, 1)),
        Null("real sounds of the next note", lambda bench: _judged(bench, 1, other=True)),
        Null("training sounds of any note", lambda bench: _judged(bench, 1, null=_of_any_note)),
        Null("each number by itself", lambda bench: _judged(bench, 1, null=_by_numbers)),
    ],
    baselines=[
        Null("training sounds of the note", lambda bench: _judged(bench, 1, null=_of_the_note))
    ],
)
def notes_by_diffusion(bench: Bench) -> Outcome:
    """Train and draw."""
    return _judged(bench)
