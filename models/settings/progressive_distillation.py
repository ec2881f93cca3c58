"""Settings of a family: progressive distillation."""

from typing import Annotated, Literal

from pushforward.models.config import Config, Pick, param
from pushforward.models.denoisers.level_settings import DisplaySetting, LargestNoise, SmallestNoise
from pushforward.models.nets.settings import DenoiserNet
from pushforward.models.training.optim import NetworkOptimizer, OptimizerConfig

__all__ = ["ProgressiveDistillationConfig"]


class ProgressiveDistillationConfig(Config, frozen=True):
    """Settings of a progressive distillation. Levels are relative to standardised data."""

    net: DenoiserNet = Pick()
    prediction: Annotated[
        Literal["v", "x0", "edm"],
        param(
            "Prediction",
            "What the network predicts. Predicting noise fails at pure noise, where its error "
            "is amplified without bound.",
            choices={"v": "v", "x0": "Data (x0)", "edm": "EDM"},
            aspect="prediction",
        ),
    ] = "v"
    weight: Annotated[
        Literal["truncated-snr", "edm"],
        param(
            "Loss weight",
            "Weight of each noise level in the loss: SNR truncated at 1, or SNR + 1.",
            choices={"truncated-snr": "Truncated SNR", "edm": "SNR + 1"},
            aspect="loss",
        ),
    ] = "truncated-snr"
    teacher_share: Annotated[
        float,
        param(
            "First teacher's share",
            "Fraction of the training spent on the teacher, if you choose none.",
            above=0.0,
            high=0.95,
        ),
    ] = 0.4
    teacher_steps: Annotated[
        int,
        param(
            "First teacher's steps",
            "Number of DDIM steps of the first teacher.",
            low=2,
            high=1024,
            log=True,
        ),
    ] = 16
    student_steps: Annotated[
        int,
        param(
            "Last student's steps",
            "Number of DDIM steps of the last student; each round halves them.",
            low=1,
            high=512,
            log=True,
        ),
    ] = 2
    s_min: SmallestNoise = 0.002
    s_max: LargestNoise = 20.0
    optimizer: NetworkOptimizer = OptimizerConfig(lr=2e-3, schedule="cosine")
    ema: Annotated[
        float,
        param(
            "EMA decay",
            "Decay of the moving average of the weights, which samples and teaches the next "
            "round; 0 for no average.",
            low=0.0,
            below=1.0,
        ),
    ] = 0.99
    display: DisplaySetting = "variance-preserving"
