"""What a learner can do besides learning: who needs an ability asks for it, never for a name."""

from collections.abc import Callable, Generator, Iterator, Mapping
from typing import Any, Protocol, TypeAlias, runtime_checkable

import torch
from torch import Tensor, nn

from pushforward.models.contracts.batch import Batch, Rows
from pushforward.models.contracts.family import Frame

__all__ = [
    "ABILITIES",
    "WORDS",
    "ClassLogits",
    "Classifies",
    "ClassifiesNoisy",
    "ClassifiesScene",
    "Completes",
    "Denoise",
    "ExplainsScores",
    "Foresees",
    "HasAutoencoder",
    "HasBound",
    "HasConsistency",
    "HasCritic",
    "HasDenoiser",
    "HasHistoryStates",
    "HasItemVectors",
    "HasLatent",
    "HasLikelihood",
    "HasPopulation",
    "HasPosterior",
    "HasReverseVariance",
    "HasTransport",
    "HasVelocity",
    "Recommends",
    "Represents",
    "Revises",
    "ShowsOwnLoss",
    "Writes",
]

Denoise: TypeAlias = Callable[[Tensor, Tensor], Tensor]
"""From points x (n, *shape) and noise levels s, (n,) or 0-d, to what they are without noise."""

ClassLogits: TypeAlias = Callable[[Tensor, Tensor], Tensor]
"""From points x (n, *shape) and noise levels s, (n,) or 0-d, to log p(class | x; s), (n, classes);
it can be differentiated.
"""

WORDS: Mapping[str, str] = {
    "samples": "makes samples",
    "stepped": "goes from noise to data in as many steps as one likes",
    "velocity": "has a velocity everywhere",
    "critic": "has a critic",
    "denoiser": "has a denoiser",
    "consistency": "goes from noise to data in one step",
    "transport": "moves noise to data along lines",
    "likelihood": "knows how likely a datum is",
    "bound": "bounds how likely a datum is from below",
    "latent": "has a generator",
    "mapped": "makes one datum of each latent, without chance",
    "deterministic": "maps each latent to one sample",
    "autoencoder": "makes a few numbers of each datum, and the datum of these",
    "population": "is made of particles",
    "classify": "tells classes apart",
    "noisy-classify": "tells classes apart at every noise level",
    "recommend": "recommends",
    "item-vectors": "has a vector for each item",
    "history-states": "represents a history by a vector",
    "score-shares": "divides a score exactly among the items of a history",
    "represent": "maps each sample to features",
    "complete": "fills in what was not observed",
    "revise": "undoes a part of rows and makes it again",
    "posterior": "says what stood at each place before it was corrupted",
}
"""What a model with an ability does, by the names that entries of the registry use."""


@runtime_checkable
class HasVelocity(Protocol):
    """v(x, t) with dx/dt = v, standardised: x (n, *shape), t in [0, 1] -> (n, *shape)."""

    def velocity(self, x: Rows, t: float) -> Tensor: ...


@runtime_checkable
class HasCritic(Protocol):
    """d(x, t) = log p(x)/q(x), p the data and q the particles at flow time t: x (n, *shape) ->
    (n,). A critic without a clock ignores t.
    """

    def critic(self, x: Rows, t: float = 1.0) -> Tensor: ...


@runtime_checkable
class HasDenoiser(Protocol):
    """D(x, s) = E[x0 | x0 + s eps = x], with what is given of the rows bound before, between the
    noise levels s_min and s_max of its ``noise_range``.
    """

    @property
    def noise_range(self) -> tuple[float, float]: ...

    def denoiser(self, like: Batch | None = None) -> Denoise:
        """Return D for rows with the mask and the conditions of these: x (n, *shape), s (n,) or
        0-d -> (n, *shape).
        """
        ...


@runtime_checkable
class Foresees(Protocol):
    """Predicts the clean sample from a frame of a flow: x (n, *shape), standardised and scaled as
    frames are, at flow time t -> D(x / alpha, s), (n, *shape).
    """

    def foreseen(self, x: Rows, t: float) -> Tensor: ...

    def level(self, t: float) -> float:
        """Return the noise level s at flow time t, 0 at its end."""
        ...


@runtime_checkable
class HasReverseVariance(Protocol):
    """A denoiser (`Denoise`) that has also learned how much noise a reverse step adds: what
    `HasDenoiser.denoiser` returns may be one, and a sampler asks.
    """

    def __call__(self, x: Tensor, s: Tensor, /) -> Tensor: ...

    def reverse_variance(self, x: Tensor, s: Tensor, s_next: Tensor) -> Tensor:
        """Return the variance of each number of x (n, *shape) after a step from s to s_next > 0,
        both (n,) or 0-d, in the coordinates x0 + s eps: (n, *shape).
        """
        ...


@runtime_checkable
class HasConsistency(Protocol):
    """f(x, s): from any point of a trajectory to its end, with what is given bound before."""

    def consistency(self, like: Batch | None = None) -> Denoise:
        """Return f for rows with the mask and the conditions of these: x (n, *shape), s (n,) or
        0-d -> (n, *shape).
        """
        ...


@runtime_checkable
class HasTransport(Protocol):
    """A flow v(x, t) learned on lines x = u z + (1 - u) x0 from noise z to data, t = 1 - u: where
    the line through x ends, x + u v(x, 1 - u) = E[x0 | x], with what is given bound before.
    """

    def transport(self, like: Batch | None = None) -> Denoise:
        """Return that end for rows with the mask and the conditions of these: x (n, *shape), u
        (n,) or 0-d, from 1 at the noise to 0 at the data -> (n, *shape).
        """
        ...


@runtime_checkable
class HasLikelihood(Protocol):
    """log p(x) in nats, standardised coordinates: x (n, *shape) -> (n,)."""

    def log_prob(self, x: Rows) -> Tensor: ...


@runtime_checkable
class ShowsOwnLoss(Protocol):
    """A field that says what its loss is at each particle of a training step, for slow motion.

    ``scene`` is what a stage has at hand, standardised, and ``batch`` has the conditions of its
    rows. Returns "loss" (n,) and whatever explains it, such as "denoised" (n, *shape); {} where the
    stage lacks something. Weights are the averaged ones; no random number is drawn.
    """

    def own_loss(self, scene: Mapping[str, Tensor], batch: Batch) -> dict[str, Tensor]: ...


@runtime_checkable
class WalksLikelihood(Protocol):
    """log p(x) as `HasLikelihood` returns it, found in pieces: yields the share of the work that is
    done. ``steps`` is the number of Runge-Kutta steps, None for the usual one.
    """

    def walk_log_prob(
        self, x: Rows, steps: int | None = None
    ) -> Generator[float, None, Tensor]: ...


@runtime_checkable
class HasBound(Protocol):
    """A lower bound of log p(x) in nats, standardised coordinates: x (n, *shape) -> (n,).

    Where it is an expectation it is estimated without bias, by random numbers that are the same in
    each call: one model has one bound.
    """

    def log_prob_bound(self, x: Rows) -> Tensor: ...


@runtime_checkable
class HasLatent(Protocol):
    """g(z): latents (n, *latent shape) -> (n, *shape), in one evaluation."""

    def push(self, z: Rows) -> Tensor: ...


@runtime_checkable
class HasAutoencoder(Protocol):
    """An encoder and a decoder in one module, whose weights another model may take."""

    @property
    def autoencoder(self) -> nn.Module: ...


@runtime_checkable
class HasPopulation(Protocol):
    """A family whose state is a fixed set of particles.

    `Family.prior` returns the initial positions of the first n particles, at most ``population``,
    and ignores the generator. `Family.flow` identifies particles by their row: latents must be the
    first rows, in order.
    """

    @property
    def population(self) -> int: ...


@runtime_checkable
class Classifies(Protocol):
    """log p(class | x): x (n, *shape) -> (n, classes)."""

    def classify(self, x: Rows) -> Tensor: ...


@runtime_checkable
class ClassifiesScene(Protocol):
    """log p(class | window) around every pixel of a scene, or of some of its rows, in one pass."""

    def classify_scene(self, padded: Tensor) -> Tensor | None:
        """Return (classes, H, W) of a standardised scene (channels, H + 2 m, W + 2 m), m the
        margin of its windows, as `Classifies.classify` does window by window; None where the
        network cannot be evaluated so.
        """
        ...


@runtime_checkable
class ClassifiesNoisy(Protocol):
    """log p(class | x; s) of rows with noise of any level s."""

    def classifier(self, like: Batch | None = None) -> ClassLogits:
        """Return it for rows with the mask of these."""
        ...


@runtime_checkable
class Recommends(Protocol):
    """Scores of all items after histories of whole numbers (n, length): -> (n, items)."""

    def recommend(self, histories: Rows) -> Tensor: ...


@runtime_checkable
class RecommendsAtMean(Protocol):
    """Scores of all items as `Recommends`, at the mean of the latents instead of an average over
    draws of them.
    """

    def recommend_at_mean(self, histories: Rows) -> Tensor: ...


@runtime_checkable
class HasItemVectors(Protocol):
    """A vector for each item, item i at i - 1: (items, k)."""

    def item_vectors(self) -> Tensor: ...


@runtime_checkable
class HasHistoryStates(Protocol):
    """A vector that represents a history. If a model scores items by a product, these vectors and
    the `HasItemVectors` are in one space.
    """

    def history_states(
        self, histories: Rows, draws: int = 0, generator: torch.Generator | None = None
    ) -> Tensor:
        """Return the state after each of the histories (n, L), without noise.

        Args:
            histories: items from 1, padded with 0 at the end.
            draws: number of samples of the latent noise; 0 for the state without noise.
            generator: of the noise, on the device of the model.

        Returns:
            (n, k); with draws (n, draws, k), which are all equal if the model has no noise.
        """
        ...


@runtime_checkable
class ExplainsScores(Protocol):
    """Scores that are a sum over the items of a history."""

    def score_shares(self, histories: Rows, items: Tensor) -> Tensor:
        """Return the exact share of each place in the scores of some items: histories (n, L) and
        items (k,) from 1 -> (n, L, k). Shares of a history add up to the score that `recommend`
        returns, less a part that does not depend on the history.
        """
        ...


@runtime_checkable
class Represents(Protocol):
    """Features of standardised samples: x (n, *shape) -> (n, features)."""

    def represent(self, x: Rows) -> Tensor: ...


@runtime_checkable
class HasPosterior(Protocol):
    """p(x_0 | x_t) of corrupted symbols x (n, *shape) at flow time t, or of numbers that a model
    takes for levels: (n, *shape, symbols).
    """

    def posterior(self, x: Rows, t: float) -> Tensor: ...


@runtime_checkable
class Writes(Protocol):
    """A flow of symbols with their probabilities: `Family.flow`, each frame with the distribution
    (n, *shape, symbols) from which its symbols were sampled since the previous frame, 0 at places
    that were not evaluated; None if nothing was sampled. Distributions are large: the caller keeps
    only what it needs of each frame.
    """

    def writing(
        self, latents: Rows, *, sampler: Any = None, generator: torch.Generator | None = None
    ) -> Iterator[tuple[Frame, Tensor | None]]: ...


@runtime_checkable
class Completes(Protocol):
    """Samples rows given some of their numbers."""

    def completing(self, latents: Batch, values: Tensor, observed: Tensor) -> Batch:
        """Return latents whose flow ends in rows that are ``values`` where ``observed``, and what
        goes with them elsewhere; both (n, *shape), standardised and bool.

        Raises:
            ValueError: the model does not go on from such an observation; one sentence.
        """
        ...


@runtime_checkable
class Revises(Protocol):
    """Undoes a part of rows along its own path, and makes it again."""

    def revising(
        self, rows: Batch, share: float, generator: torch.Generator | None = None
    ) -> Iterator[Frame]:
        """Yield frames that end in other rows near these, standardised and with the conditions
        under which they are made again, (n, *shape). A ``share`` in (0, 1] of the path is undone:
        of all of it nothing is left of them but what is given.
        """
        ...


ABILITIES: Mapping[str, Any] = {
    "velocity": HasVelocity,
    "critic": HasCritic,
    "denoiser": HasDenoiser,
    "consistency": HasConsistency,
    "transport": HasTransport,
    "likelihood": HasLikelihood,
    "bound": HasBound,
    "latent": HasLatent,
    "autoencoder": HasAutoencoder,
    "population": HasPopulation,
    "classify": Classifies,
    "noisy-classify": ClassifiesNoisy,
    "recommend": Recommends,
    "item-vectors": HasItemVectors,
    "history-states": HasHistoryStates,
    "score-shares": ExplainsScores,
    "represent": Represents,
    "posterior": HasPosterior,
    "complete": Completes,
    "revise": Revises,
}
"""The abilities by the names that entries of the registry use."""
