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
]


@dataclass(frozen=True)
class Role:
    """What a network is to be.

    Attributes:
        name: "denoiser", "critic", "generator", "encoder", "flow", "autoregressive" or
            "recommender".
        clock: whether it is told a noise level or a flow time.
        latent: how many numbers a generator makes a datum from.
        outputs: how many numbers an encoder says of a datum, or an autoregressive network of each
            number of it.
    """

    name: str
    clock: bool = False
    latent: int = 0
    outputs: int = 0


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
    """Return the role of a network that says so many numbers of a datum."""
    return Role("encoder", outputs=outputs)


def autoregressive(outputs: int) -> Role:
    """Return the role of a network that says so much of each number, from those before it."""
    return Role("autoregressive", outputs=outputs)
