"""What a network is to be in a family."""

from dataclasses import dataclass

__all__ = ["DENOISER", "Role", "classifier", "critic", "generator"]


@dataclass(frozen=True)
class Role:
    """What a network is to be.

    Attributes:
        name: "denoiser", "critic", "generator", "encoder" or "classifier".
        clock: whether it is told a noise level or a flow time.
        latent: how many numbers a generator makes a datum from.
        outputs: how many numbers a classifier says of a datum: a score for each class.
    """

    name: str
    clock: bool = False
    latent: int = 0
    outputs: int = 0


DENOISER = Role("denoiser", clock=True)


def critic(*, clock: bool = False) -> Role:
    """Return the role of a critic."""
    return Role("critic", clock=clock)


def generator(latent: int) -> Role:
    """Return the role of a generator."""
    return Role("generator", latent=latent)


def classifier(outputs: int) -> Role:
    """Return the role of a classifier of so many classes."""
    return Role("classifier", outputs=outputs)
