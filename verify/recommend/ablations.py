"""RV3 to RV6: whether the parts of ACVAE help. A difference under 0.010 cannot be shown here."""

import torch

from pushforward.models.families.recommend.acvae import Acvae
from pushforward.observables.histories.user_means import compare_models, estimate_mean
from pushforward.verify.bench import Bench
from pushforward.verify.claim import Null, Outcome, experiment
from pushforward.verify.recommend.setups import (
    LESSONS,
    STREAMING,
    per_user,
    split_of,
)
from pushforward.verify.recommend.training import fit_recommender

__all__ = ["adversarial_helps", "contrast_helps", "convolution_helps", "latents_are_correlated"]

_SEEDS = (0, 1, 2)
_LEAST = 0.010


def _difference(bench: Bench, first: str, second: str) -> Outcome:
    """Compare two models by the mean over seeds of each user's metric."""
    seeds = bench.seeds(_SEEDS)
    texts, values = [], {}
    pair = (first, second)
    runs = {name: per_user(name, STREAMING, seeds) for name in pair}
    mean = {name: torch.stack(each).mean(dim=0) for name, each in runs.items()}
    found = compare_models({first: mean[first]}, mean[second])[first]
    deep = [torch.stack(per_user(n, STREAMING, seeds, "recall@100")).mean(0) for n in pair]
    below = compare_models({first: deep[0]}, deep[1])[first]
    for name, each in runs.items():
        own = estimate_mean(each)
        texts.append(f"{name} {own.mean:.3f} (seeds ± {own.spread:.3f})")
        values[name] = own.mean
    values["difference"] = found.difference
    figure = f"NDCG@10: {', '.join(texts)}; difference {found}; of recall@100 {below}"
    passed = found.low > 0 and found.difference >= _LEAST
    return Outcome(figure, values, passed, f"no difference; n = {len(mean[first]):,} users", seeds)


_LINE = (
    f"difference of NDCG@10 (80:20, streaming, mean of three seeds) at least "
    f"{_LEAST:g} with a 95 % "
    "interval over users above 0"
)


@experiment(
    "RV3",
    title="Adversarial against Gaussian posterior",
    claim="Adversarial variational Bayes predicts better than the same network as a Gaussian VAE.",
    pass_line=_LINE,
    group="R",
    source="Xie et al. 2021, arXiv:2103.10693, abstract",
    slow=True,
    nulls=[Null("Gaussian VAE against itself", lambda bench: _difference(
        bench, "Gaussian VAE", "Gaussian VAE"))],
)  # fmt: skip
def adversarial_helps(bench: Bench) -> Outcome:
    """Compare both without the contrastive loss."""
    return _difference(bench, "ACVAE without contrast", "Gaussian VAE")


@experiment(
    "RV4",
    title="Contrastive loss",
    claim="The contrastive loss of ACVAE improves its predictions.",
    pass_line=_LINE,
    group="R",
    source="Xie et al. 2021, arXiv:2103.10693, abstract",
    slow=True,
    nulls=[Null("without contrast against itself", lambda bench: _difference(
        bench, "ACVAE without contrast", "ACVAE without contrast"))],
)  # fmt: skip
def contrast_helps(bench: Bench) -> Outcome:
    """Compare ACVAE with and without it."""
    return _difference(bench, "ACVAE", "ACVAE without contrast")


@experiment(
    "RV5",
    title="Convolution in the encoder",
    claim="The causal convolutions of ACVAE improve its predictions.",
    pass_line=_LINE,
    group="R",
    source="Xie et al. 2021, arXiv:2103.10693, abstract",
    slow=True,
    nulls=[Null("without convolution against itself", lambda bench: _difference(
        bench, "ACVAE without convolution", "ACVAE without convolution"))],
)  # fmt: skip
def convolution_helps(bench: Bench) -> Outcome:
    """Compare ACVAE with and without them."""
    return _difference(bench, "ACVAE", "ACVAE without convolution")


@experiment(
    "RV6",
    title="Correlation of the latents",
    claim="Reported only: how correlated the latents of ACVAE and of a Gaussian VAE are, "
    "with those "
    "of a network that was never trained, which has the least correlated ones.",
    pass_line="none: an untrained network would meet any",
    group="R",
    source="Xie et al. 2021, arXiv:2103.10693, section 3.3",
    slow=True,
    no_null="the untrained network is in the table, and nothing is claimed",
)
def latents_are_correlated() -> Outcome:
    """Measure the latents after the last item of each history."""
    values, texts = {}, []
    split = split_of(STREAMING)
    for name in ("ACVAE without contrast", "Gaussian VAE"):
        for epochs in (0, LESSONS[name].epochs):
            lesson = LESSONS[name]
            learner = fit_recommender(
                type(lesson)(lesson.family, lesson.config, epochs, lesson.patience), split
            )
            x = split.test.held_out().histories.x
            assert isinstance(learner, Acvae)
            with torch.no_grad():
                z = learner.sample(learner.states.items(x), None)[0]
            correlation, rank = _spread(z[torch.arange(len(x)), (x > 0).sum(1) - 1].double())
            label = f"{name}, {'trained' if epochs else 'untrained'}"
            values[label] = correlation
            texts.append(f"{label}: {correlation:.2f}, effective rank {rank:.1f}")
    return Outcome("; ".join(texts), values, None, "mean |correlation| of two latents", [0])


def _spread(z: torch.Tensor) -> tuple[float, float]:
    """Return the mean size of the correlations of latents (n, k), and their effective rank (Roy and
    Vetterli 2007).
    """
    table = torch.corrcoef(z.T).nan_to_num()
    off = table - torch.diag(table.diagonal())
    shares = torch.linalg.svdvals(z - z.mean(dim=0))
    shares = shares / shares.sum()
    entropy = -(shares * shares.clamp_min(1e-300).log()).sum()
    return float(off.abs().sum() / off.bool().sum()), float(entropy.exp())
