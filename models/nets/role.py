"""What a network is to be in a family."""

from dataclasses import dataclass

__all__ = [
    "DENOISER",
    "FLOW",
    "RECOMMENDER",
    "Role",
    "autoregressive",
    "critic",
    "encoder",
    "generator",
    "noisy_encoder",
    "predictor",
]


@dataclass(frozen=True)
class Role:
    """What a network is to be.

    Attributes:
        name: "denoiser", "critic", "generator", "encoder", "noisy-encoder", "flow",
            "autoregressive", "predictor" or "recommender".
        clock: whether it is conditioned on a noise level or a flow time.
        latent: how many numbers a generator makes a datum from.
        outputs: how many numbers an encoder says of a datum, or an autoregressive network or a
            predictor of each number of it.
        inputs: how many numbers a predictor reads of each place, 0 for its symbol.
    """

    name: str
    clock: bool = False
    latent: int = 0
    outputs: int = 0
    inputs: int = 0


DENOISER = Role("denoiser", clock=True)
FLOW = Role("flow")
RECOMMENDER = Role("recommender")


def critic(*, clock: bool = False) -> Role:
    """Return the role of a critic."""
    return Role("critic", clock=clock)


def generator(latent: int) -> Role:
    """Return the role of a generator."""
    return Role("generator", latent=latent)


def encoder(outputs: int) -> Role:
    """Return the role of a network that maps a sample to a number of values."""
    return Role("encoder", outputs=outputs)


def noisy_encoder(outputs: int) -> Role:
    """Return the role of a network that maps a noised sample to a number of values."""
    return Role("noisy-encoder", clock=True, outputs=outputs)


def autoregressive(outputs: int) -> Role:
    """Return the role of a network that says so much of each number, from those before it."""
    return Role("autoregressive", outputs=outputs)


def predictor(outputs: int, inputs: int = 0) -> Role:
    """Return the role of a network that says so much of each place, from what stands at all."""
    return Role("predictor", clock=True, outputs=outputs, inputs=inputs)
