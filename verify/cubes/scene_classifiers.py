"""H1, H2, H7 and H11: classifiers of Indian Pines under random, block and field splits."""

from collections.abc import Sequence

from pushforward.verify.claim import Null, Outcome, Table, experiment
from pushforward.verify.cubes.scene_models import (
    LABELS,
    SEEDS,
    SPLITS,
    STEPS,
    accuracies,
    paired,
    probabilities,
    refined,
    spread,
)

__all__ = ["h1", "h2", "h7", "h11"]

_LONG = 900
_SOURCE = (
    "Zhong et al. 2020, doi:10.1109/TCYB.2019.2915094; splits: Liang et al. 2017, arXiv:1605.05829"
)
_NOTE = (
    f"Indian Pines, {LABELS} labels and 200 for validation, splits of the seeds "
    f"{SEEDS[0]} to {SEEDS[-1]}, mean ± standard deviation over the splits. The field split has 9 "
    "classes, of those with several fields."
)


def oa(model: str, split: str, steps: int = STEPS, seeds: Sequence[int] = SEEDS) -> list[float]:
    """Return the overall accuracy of each split, in per cent."""
    return [accuracies(*probabilities(model, split, seed, steps))[0] for seed in seeds]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _better_network(model: str, steps: int) -> Outcome:
    """Compare a model of windows with models of single spectra."""
    own = {split: oa(model, split, steps) for split in SPLITS}
    others = ("SVM", "smoothed LDA", "position")
    known = {other: {split: oa(other, split) for split in SPLITS} for other in others}
    gain = paired(own["random"], known["SVM"]["random"])
    smooth = {split: _mean(own[split]) - _mean(known["smoothed LDA"][split]) for split in SPLITS}
    field = paired(own["field"], known["position"]["field"])
    passed = (
        gain.mean >= 10.0
        and gain.above_zero
        and smooth["random"] >= 0.0
        and smooth["block"] >= -5.0
        and field.mean >= 10.0
    )
    rows = [[model, *(spread(own[s]) for s in SPLITS)]]
    rows += [[other, *(spread(known[other][s]) for s in SPLITS)] for other in others]
    return Outcome(
        figure=f"random: {gain} points above the SVM, {smooth['random']:+.1f} from smoothed LDA; "
        f"block: {smooth['block']:+.1f} from smoothed LDA; field: {field} above position only",
        value={
            "gain over SVM, random": gain.mean,
            "half interval": gain.half,
            **{f"above smoothed LDA, {s}": smooth[s] for s in SPLITS},
            "above position, field": field.mean,
        },
        passed=passed,
        floor="LDA on a smoothed scene, and the nearest label by position",
        seeds=SEEDS,
        table=Table(["Model", *SPLITS], rows, _NOTE),
    )


@experiment(
    "H1",
    title="Windows tell more than spectra",
    claim="A small spectral-spatial discriminator classifies Indian Pines from 300 labels better "
    "than an SVM on single spectra, and no worse than LDA on a smoothed scene. With labels drawn "
    "at random the nearest label by position does as well; in other fields it does not.",
    pass_line="random split: at least 10 points above the SVM with a 95 % interval above 0, and "
    "the mean not below smoothed LDA; blocks: not more than 5 points below smoothed LDA; fields: "
    "at least 10 points above position only",
    group="H",
    source=_SOURCE,
    slow=True,
    nulls=[
        Null("one step of training", lambda: _better_network("network", 1)),
        Null("nearest label by position", lambda: _better_network("position", STEPS)),
        Null("logistic regression on single spectra", lambda: _better_network("LR", STEPS)),
    ],
)
def h1() -> Outcome:
    """Train the discriminator on each split."""
    return _better_network("network", _LONG)


def _semi_supervised(model: str) -> Outcome:
    """Compare a semi-supervised model with the same network supervised, and with the null model
    without a generator.
    """
    found = {m: oa(m, "random") for m in ("network", "shuffled channels", model)}
    gain = paired(found[model], found["network"])
    over = _mean(found[model]) - _mean(found["shuffled channels"])
    blocks = paired(oa(model, "block"), oa("network", "block"))
    rows = [[m, spread(found[m])] for m in found]
    return Outcome(
        figure=f"random: {gain} points over the supervised network, {over:+.1f} over shuffled "
        f"channels; blocks: {blocks} over the supervised network",
        value={
            "gain, random": gain.mean,
            "half interval": gain.half,
            "over shuffled channels": over,
            "gain, block": blocks.mean,
            "half interval, block": blocks.half,
        },
        passed=gain.mean >= 1.0 and gain.above_zero and over > 0.0,
        floor="the same loss with each channel shuffled over the batch in place of the generator",
        seeds=SEEDS,
        table=Table(["Model", "Overall accuracy, random"], rows, _NOTE),
    )


@experiment(
    "H2",
    title="The generator helps",
    claim="From the same 300 labels and as many steps, the semi-supervised GAN classifies better "
    "than its discriminator trained on labels alone, and than the same loss without a generator.",
    pass_line="random split: at least 1 point above the supervised network with a 95 % interval "
    "above 0, and above shuffled channels in place of generated windows",
    group="H",
    source=f"Salimans et al. 2016, arXiv:1606.03498, section 5; {_SOURCE}",
    slow=True,
    nulls=[
        Null("shuffled channels", lambda: _semi_supervised("shuffled channels")),
        Null("mean teacher", lambda: _semi_supervised("mean teacher")),
    ],
)
def h2() -> Outcome:
    """Train both on each split."""
    return _semi_supervised("GAN")


def _leak(model: str) -> Outcome:
    found = {split: oa(model, split) for split in SPLITS}
    near, far = (
        _mean(found["random"]) - _mean(found["block"]),
        _mean(found["block"]) - _mean(found["field"]),
    )
    words = ", ".join(f"{split} {spread(found[split])}" for split in SPLITS)
    return Outcome(
        figure=f"{words}: {near:.1f} and {far:.1f} points apart",
        value={**{s: _mean(found[s]) for s in SPLITS}, "random - block": near, "gap": far},
        passed=near >= 15.0 and far >= 20.0,
        floor="the same model under a split that separates fields",
        seeds=SEEDS,
    )


@experiment(
    "H7",
    title="A random split measures the place",
    claim="The class of the nearest labelled pixel, without any spectrum, is right in more than "
    "90 % of Indian Pines when labels are drawn at random, and fails in other blocks and fields.",
    pass_line="accuracy by position at least 15 points higher with random labels than in other "
    "blocks, and there at least 20 points higher than in other fields",
    group="H",
    source="Liang et al. 2017, arXiv:1605.05829",
    nulls=[Null("LDA on single spectra", lambda: _leak("LDA"))],
)
def h7() -> Outcome:
    """Measure position only under each split."""
    return _leak("position")


_ROWS = (
    "position",
    "SVM",
    "LR",
    "smoothed LDA",
    "network",
    "SSRN",
    "transformer",
    "GAN",
    "mean teacher",
)


@experiment(
    "H11",
    title="All models, raw and with a CRF",
    claim="Overall and average accuracy and calibration error of nine models on Indian Pines from "
    "300 labels, raw and refined by a dense CRF, for random labels, other blocks and other fields.",
    pass_line="reported only",
    group="H",
    source=_SOURCE,
    slow=True,
    no_null="it is a table; the null models of each column are those of H1 to H4",
)
def h11() -> Outcome:
    """Measure every cell on five splits."""
    rows, value = [], {}
    for model in _ROWS:
        lines = {"raw": [model], "CRF": [f"{model} + CRF"]}
        for split in SPLITS:
            cells: dict[str, list[tuple[float, ...]]] = {name: [] for name in lines}
            for seed in SEEDS:
                p, data = probabilities(model, split, seed)
                cells["raw"].append(accuracies(p, data))
                cells["CRF"].append(accuracies(refined(model, split, seed), data))
            for name, line in lines.items():
                overall, average, _, calibration = zip(*cells[name], strict=True)
                line += [f"{spread(overall)} / {spread(average)}", f"{_mean(calibration):.2f}"]
                value[f"{model}, {split}, {name}"] = _mean(overall)
        rows += list(lines.values())
    best = {s: max((k for k in value if f", {s}, " in k), key=value.__getitem__) for s in SPLITS}
    columns = [name for split in SPLITS for name in (f"{split}, OA / AA", f"{split}, ECE")]
    return Outcome(
        figure=f"highest: {'; '.join(f'{k} {value[k]:.1f} %' for k in best.values())}",
        value=value,
        passed=None,
        floor="position only, the first rows",
        seeds=SEEDS,
        table=Table(["Model", *columns], rows, f"OA and AA in per cent. {_NOTE}"),
    )
