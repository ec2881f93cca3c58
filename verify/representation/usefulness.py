"""RL1, RL4, RL5, RL9, RL11: whether features learned from generated images are of use, and how far
they are from features of real ones.
"""

from functools import partial
from statistics import fmean
from typing import Any

from pushforward.models.contracts.learner import Learner
from pushforward.verify.bench import Bench
from pushforward.verify.claim import Null, Outcome, Table, experiment
from pushforward.verify.representation.encoders import (
    ENCODERS,
    GENERATORS,
    Condition,
    Found,
    Scores,
    difference,
    few,
    gan,
    one_class,
    over_seeds,
    pixels,
    real,
    score_encoder,
    sweep,
    untrained,
    vae,
)

__all__ = ["rl1", "rl4", "rl5", "rl9", "rl11"]

GROUP = "Representations"
SOURCE = "Jahanian et al. 2022, arXiv:2106.05258"
PLAIN = Condition()
ABOVE_PIXELS, ABOVE_RANDOM = 5.0, 10.0
BELOW_REAL = 9.0
ABOVE_INVERTER = 2.0
REAL_ROWS = (10, 30, 100, 300)


def random_encoders() -> list[Scores]:
    """Return the scores of encoders before their first step."""
    return [score_encoder(None, Condition(steps=0), seed) for seed in ENCODERS]


def real_encoders() -> list[Scores]:
    """Return the scores of SimCLR on all real images, by seed of the encoder."""
    return [real(seed) for seed in ENCODERS]


def _useful(scores: list[Scores]) -> Outcome:
    """Compare features with raw pixels and with random encoders."""
    beyond = difference(scores, [pixels()])
    random = difference(scores, random_encoders())
    mean = fmean(each.one for each in scores)
    return Outcome(
        figure=f"{mean:.3f} with 1 label a class: {beyond} to raw pixels, {random} to a random "
        "encoder",
        value={"accuracy": mean, "above pixels": beyond.mean, "above random": random.mean},
        passed=beyond.mean >= ABOVE_PIXELS and random.mean >= ABOVE_RANDOM,
        floor=f"raw pixels {pixels().one:.3f}",
        seeds=ENCODERS,
    )


def _null(make: Any, condition: Condition, bench: Bench) -> Outcome:
    return _useful(few(partial(make, bench), condition))


def _untrained(bench: Bench, seed: int) -> Learner[Any]:
    return untrained(seed)


def _one_class(bench: Bench, seed: int) -> Learner[Any]:
    return one_class(seed)


@experiment(
    "RL1",
    title="Features from generated images are useful",
    claim="On 8x8 digits an encoder that never sees a real image, only samples of a VAE with pixel "
    "views, classifies better after one label a class than raw pixels and a random encoder do.",
    pass_line="on average at least 5 points above raw pixels and 10 above a random encoder",
    group=GROUP,
    source=SOURCE,
    slow=True,
    nulls=[
        Null("an untrained generator", partial(_null, _untrained, PLAIN)),
        Null("positives of other anchors", partial(_null, vae, Condition("independent"))),
        Null("a generator of one class", partial(_null, _one_class, PLAIN)),
        Null("no views", partial(_null, vae, Condition(pixels=False))),
    ],
)
def rl1(bench: Bench) -> Outcome:
    """Train three VAEs and five encoders on each."""
    return _useful(sweep(partial(vae, bench), PLAIN))


def _near_real(scores: list[Scores], what: str) -> Outcome:
    away = difference(scores, real_encoders())
    mean, best = fmean(s.one for s in scores), fmean(s.one for s in real_encoders())
    return Outcome(
        figure=f"{what} {mean:.3f}, real images {best:.3f}: {away}",
        value={"accuracy": mean, "real": best, "difference": away.mean},
        passed=away.mean >= -BELOW_REAL,
        floor=f"SimCLR on all real training images {best:.3f}",
        seeds=ENCODERS,
    )


@experiment(
    "RL4",
    title="Generated images come near real ones",
    claim="After one label a class, SimCLR on samples of a VAE is less than 9 points below SimCLR "
    "on the real training images, with the same encoder, views and steps.",
    pass_line="on average at most 9 points below SimCLR on real images",
    group=GROUP,
    source=SOURCE,
    slow=True,
    nulls=[
        Null("raw pixels", lambda bench: _near_real([pixels()], "raw pixels")),
        Null("a random encoder", lambda bench: _near_real(random_encoders(), "random encoder")),
        Null(
            "a generator of one class",
            lambda bench: _near_real(few(partial(_one_class, bench), PLAIN), "one class"),
        ),
    ],
)
def rl4(bench: Bench) -> Outcome:
    """Compare with encoders of real images, seed by seed."""
    return _near_real(sweep(partial(vae, bench), PLAIN), "VAE")


def _beats_inverter(contrastive: list[Scores], inverter: list[Scores]) -> Outcome:
    gain = difference(contrastive, inverter)
    knn = over_seeds([a.knn - b.knn for a, b in zip(contrastive, inverter, strict=True)])
    return Outcome(
        figure=f"{gain} with 1 label a class; kNN with all labels {knn}",
        value={"gain": gain.mean, "low": gain.low, "kNN gain": knn.mean},
        passed=gain.mean >= ABOVE_INVERTER and gain.low > 0,
        floor="an encoder that predicts the latent of the VAE",
        seeds=ENCODERS,
    )


def _inverter(bench: Bench) -> list[Scores]:
    return sweep(partial(vae, bench), Condition(objective="inverter"), whole=True)


@experiment(
    "RL5",
    title="Comparing views beats predicting the latent, with few labels",
    claim="After one label a class, NT-Xent on samples of a VAE is better than an encoder that "
    "predicts the latent. With all labels and nearest neighbours this need not hold.",
    pass_line="at least 2 points on average, and the 95 % interval over generators above 0",
    group=GROUP,
    source=f"{SOURCE}, section 4.1",
    slow=True,
    nulls=[
        Null(
            "positives of other anchors",
            lambda bench: _beats_inverter(
                sweep(partial(vae, bench), Condition("independent"), whole=True), _inverter(bench)
            ),
        )
    ],
)
def rl5(bench: Bench) -> Outcome:
    """Compare both objectives, encoder by encoder."""
    return _beats_inverter(sweep(partial(vae, bench), PLAIN, whole=True), _inverter(bench))


@experiment(
    "RL9",
    title="VAE or GAN as the source",
    claim="Which of a VAE and a GAN of about the same computing time is the better source of "
    "views is reported; there is no pass line.",
    pass_line="none: the difference is reported",
    group=GROUP,
    source="small studies on 8x8 digits, in which a VAE was better than one weak GAN",
    slow=True,
    no_null="nothing is claimed: the difference is reported with its interval",
)
def rl9(bench: Bench) -> Outcome:
    """Report the paired difference."""
    ours, other = (sweep(partial(make, bench), PLAIN) for make in (vae, gan))
    gap = difference(ours, other)
    beyond = difference(other, real_encoders())
    return Outcome(
        figure=f"VAE to GAN {gap}; GAN to real images {beyond}",
        value={"VAE to GAN": gap.mean, "half interval": gap.error, "GAN to real": beyond.mean},
        passed=None,
        floor="SimCLR on all real training images",
        seeds=GENERATORS,
    )


@experiment(
    "RL11",
    title="How many real images a generator is worth",
    claim="The number of real images whose SimCLR features are as good as those from a generator "
    "trained on 1,297 of them is reported with its bracket; there is no pass line.",
    pass_line="none: the number is reported",
    group=GROUP,
    source=SOURCE,
    slow=True,
    no_null="nothing is claimed: a curve is reported, with raw pixels and a random encoder in it",
)
def rl11(bench: Bench) -> Outcome:
    """Report the curve of real images, and where two generators lie on it."""
    curve = {n: over_seeds([real(seed, n).one for seed in ENCODERS]) for n in REAL_ROWS}
    curve[1297] = over_seeds([each.one for each in real_encoders()])
    sources = {
        "VAE": over_seeds([s.one for s in sweep(partial(vae, bench), PLAIN)]),
        "GAN": over_seeds([s.one for s in sweep(partial(gan, bench), PLAIN)]),
        "random encoder": over_seeds([s.one for s in random_encoders()]),
        "raw pixels": over_seeds([pixels().one]),
    }
    rows = [[f"{n:,} real images", f"{f.mean:.1f} ± {f.error:.1f}", ""] for n, f in curve.items()]
    rows += [
        [name, f"{f.mean:.1f} ± {f.error:.1f}", _bracket(f, curve)] for name, f in sources.items()
    ]
    worth = {name: _bracket(f, curve) for name, f in sources.items()}
    return Outcome(
        figure=f"VAE: {worth['VAE']}; GAN: {worth['GAN']}",
        value={name: f.mean for name, f in sources.items()},
        passed=None,
        floor="SimCLR on real images, five subsets of each size",
        seeds=ENCODERS,
        table=Table(
            ["source", "1-label accuracy, %", "worth"],
            rows,
            "± is the 95 % interval of the mean over subsets, or over three generators.",
        ),
    )


def _bracket(found: Found, curve: dict[int, Found]) -> str:
    """Say between which numbers of real images a figure lies."""
    below = [n for n, each in curve.items() if each.mean <= found.mean]
    above = [n for n, each in curve.items() if each.mean > found.mean]
    if not below:
        return f"fewer than {min(above):,} real images"
    if not above:
        return f"as good as {max(below):,} real images"
    return f"between {max(below):,} and {min(above):,} real images"
