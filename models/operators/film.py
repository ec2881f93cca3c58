"""Film: samples at every step of a sampler, with the denoised estimate at each."""

from typing import Annotated, Any

from pushforward.models.config import Config, Pick, param
from pushforward.models.guidance.base import lead
from pushforward.models.operators.base import Operation, SeedSetting, Work
from pushforward.models.operators.editing import SamplerSetting
from pushforward.models.operators.filming import FramesSetting, filmed
from pushforward.models.registry import operator
from pushforward.models.samplers.heun import Heun
from pushforward.models.tensors import make_generator

__all__ = ["Film", "FilmConfig"]

_LATENTS, _NOISE = 3241, 3242  # streams of a seed


class FilmConfig(Config, frozen=True):
    """How many samples are followed, and along which sampler."""

    n: Annotated[int, param("Samples", "Number of samples.", low=1, high=256, log=True)] = 16
    frames: FramesSetting = 48
    seed: SeedSetting = 0
    sampler: SamplerSetting = Pick()


@operator(
    "film",
    title="Denoising film",
    summary="Follows samples from noise to data with any sampler: positions, denoised estimates "
    "and score norms.",
    source="Karras et al. 2022, arXiv:2206.00364, eqs. 2 and 3",
    needs=("samples", "denoiser"),
    config=FilmConfig,
    counts="steps",
)
class Film:
    """Keeps the frames of a sampler, as `models.operators.filming.filmed` says; the rows are the
    samples.
    """

    def __init__(self, config: FilmConfig) -> None:
        self.config = config

    def work(self, operation: Operation) -> Work:
        """Follow; see `models.operators.base.Operator`.

        Raises:
            ValueError: its data are symbols.
        """
        c = self.config
        model: Any = operation.learner
        if model.spec.symbols is not None:
            raise ValueError("its data are symbols, which have no noise between them")
        sampler = operation.sampler if operation.sampler is not None else Heun()
        chosen = model.spec.standard_given(operation.given)
        latents = model.prior(c.n, make_generator(c.seed, _LATENTS), chosen)
        denoise = lead(sampler.guidance, model.denoiser, latents)
        ends, noise = (model.clock.s_min, model.clock.s_max), make_generator(c.seed, _NOISE)
        return (yield from filmed(model, sampler, denoise, latents, ends, c.frames, noise))
