"""Build a score field from its settings, with all that is learned along with the denoiser."""

from typing import Any

from pushforward.models.config import ConfigError
from pushforward.models.contracts.learner import Learner
from pushforward.models.contracts.spec import LABEL, DataSpec
from pushforward.models.denoisers.denoiser import Denoiser
from pushforward.models.denoisers.densities import Density, LearnedTime
from pushforward.models.denoisers.reverse_variance import ReverseVariance
from pushforward.models.fields.reverse_variance import LearnedVariance
from pushforward.models.fields.schedule import LearnedSchedule
from pushforward.models.fields.score import ScoreField
from pushforward.models.fields.score_settings import ScoreSettings, fixed_density, path_of
from pushforward.models.nets.pick import build
from pushforward.models.nets.role import DENOISER
from pushforward.models.paths.clock import FlowClock
from pushforward.models.paths.gaussian import GaussianPath, VariancePreservingCosine
from pushforward.models.paths.learned import LearnedPath
from pushforward.models.training.trained import Trained

__all__ = ["learned_score"]

# Streams of the seed (`models.tensors.make_generator`).
_WEIGHTS, _VARIANCE_WEIGHTS = 0, 2


def learned_score(
    learner: Learner[Any],
    config: ScoreSettings,
    *,
    spec: DataSpec | None = None,
    make: type[Denoiser] = Denoiser,
) -> ScoreField:
    """Return the field of a learner, on its device; it uses the learner's random generator.

    Args:
        learner: whose it is.
        config: its settings.
        spec: description of the data for the network, if it differs from that of the data.
        make: the denoiser that the network is put into.

    Raises:
        ConfigError: a setting does not fit the others.
    """
    if config.label_dropout and LABEL not in learner.spec.given:
        raise ConfigError("label_dropout", "the model has no condition that could be dropped")
    by_rows = config.objective != "denoising" or config.times == "importance" or config.learns_path
    if config.distance == "huber" and by_rows:
        raise ConfigError(
            "distance",
            "Huber's distance goes with denoising alone, not with an objective, a time sampling or "
            "a path that is learned from squares: choose the square",
        )
    net = build(config.net, spec or learner.spec, DENOISER, learner.weights(_WEIGHTS))
    schedule = _schedule(learner, config) if config.learns_path else None
    density: Density = LearnedTime(schedule.path) if schedule else fixed_density(config)
    return ScoreField(
        make(net, config.precond).to(learner.device),
        optimizer=config.optimizer,
        horizon=learner.horizon,
        decay=config.ema,
        density=density,
        weight=config.weight,
        gamma=config.gamma,
        power=config.power,
        clock=FlowClock(config.s_min, config.s_max),
        display=config.display,
        dropout=config.label_dropout,
        execution=learner.execution,
        objective=config.objective,
        distance=config.distance,
        times=config.times,
        noise=learner.noise,
        schedule=schedule,
        variance=_variance(learner, config, schedule),
    )


def _schedule(learner: Learner[Any], config: ScoreSettings) -> LearnedSchedule:
    path = LearnedPath(config.s_min, config.s_max, free=config.ends == "learned")
    return LearnedSchedule(path.to(learner.device), learner.horizon)


def _variance(
    learner: Learner[Any], config: ScoreSettings, schedule: LearnedSchedule | None
) -> LearnedVariance | None:
    """Return the learner of the variance of reverse steps, None if it is not learned. Steps are
    even in the time of the path, or of the cosine path if the levels follow none.
    """
    if config.variance == "known":
        return None
    net = build(config.net, learner.spec, DENOISER, learner.weights(_VARIANCE_WEIGHTS))
    trained = Trained(
        ReverseVariance(net).to(learner.device),
        config.optimizer,
        learner.horizon,
        decay=config.ema,
        execution=learner.execution,
        name="network",
    )
    path: GaussianPath = path_of(config) or VariancePreservingCosine()
    path = path if schedule is None else schedule.path
    return LearnedVariance(trained, path, config.variance_steps, config.s_min)
