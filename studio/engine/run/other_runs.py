"""Other runs that an operator uses: found, loaded and checked."""

from collections.abc import Callable, Mapping
from typing import Any

import torch

from pushforward.models.config import Config, RunRef, decode, describe, encode, replace_at
from pushforward.models.contracts.abilities import WORDS
from pushforward.models.contracts.learner import Learner
from pushforward.models.contracts.spec import LABEL, DataSpec
from pushforward.models.registry import registry
from pushforward.models.samplers.base import Sampler
from pushforward.spelling import ask_whether
from pushforward.studio.engine.kinds.compatibility import entry_of, picked_kind
from pushforward.studio.engine.process.failures import Refused
from pushforward.studio.engine.run.model_loading import Loaded
from pushforward.studio.protocol.spec import GUIDANCE, Pick
from pushforward.studio.store.errors import StoreError
from pushforward.studio.store.project import Project
from pushforward.studio.store.run import RunFolder

__all__ = ["Others", "asking", "unlike"]

_NEAR = 0.05
"""Of a standard deviation: so far apart may be the statistics of two draws of the same data."""

Get = Callable[[RunFolder, int | None], Loaded]


class Others:
    """Runs of the project of a run; ``get`` loads a checkpoint."""

    def __init__(self, run: RunFolder, get: Get) -> None:
        self._run = run
        self._get = get

    def load_named(
        self, config: Config, path: str
    ) -> tuple[dict[str, Learner[Any]], dict[str, Any]]:
        """Return the models of the runs named in settings, by setting, and the settings as data
        with the step of each run. ``path`` is their place in the spec.

        Raises:
            Refused: a run is missing or not suitable.
            StoreError: a run cannot be read.
        """
        found: dict[str, Learner[Any]] = {}
        said = encode(config)
        for row in describe(type(config)):
            if row["kind"] != "run":
                continue
            name = row["path"]
            ref: RunRef = getattr(config, name)
            if not ref.run:
                continue
            loaded = self._load(ref, row["role"], row["of"], f"{path}.{name}".strip("."))
            found[name] = loaded.family
            said = replace_at(said, name, {"run": loaded.run.name, "step": loaded.step})
        return found, said

    def _load(self, ref: RunRef, role: str, of: str, path: str) -> Loaded:
        try:
            runs = Project.open(self._run.project).runs()
        except StoreError as error:
            raise Refused.from_problem(error.info(), path) from error
        number = int(ref.run) if ref.run.isdecimal() else None
        fits = [run for run in runs if run.name == ref.run or run.number == number]
        if len(fits) != 1:
            known = [run.name for run in runs]
            those = f"Its runs are: {', '.join(known) or 'none'}."
            hint = ask_whether(ref.run, known, those, sentence=True)
            raise Refused(f"There is no run {ref.run!r} in the project.", hint, path=path)
        entry = registry.get("family", fits[0].record.spec.family.slug)
        if role and role not in entry.abilities:
            wanted = WORDS.get(role, f"can {role}")
            raise Refused(
                f"{fits[0].name} must be a model that {wanted}; {entry.title} does not.", path=path
            )
        kind = picked_kind(fits[0].record.spec.dataset)
        if of and kind != of:
            raise Refused(
                f"{fits[0].name} must be trained on {entry_of(of).title.lower()}; it was trained "
                f"on {entry_of(kind).title.lower()}.",
                path=path,
            )
        return self._get(fits[0], ref.step)


def asking(sampler: Any, pick: Pick | None, spec: DataSpec, others: Others) -> tuple[Any, Any]:
    """Return a sampler whose guidance has its models, and its pick with their steps. ``spec`` is
    that of the sampled model.

    Raises:
        Refused: a run is missing, not suitable, or trained on other data.
        StoreError: a run cannot be read.
    """
    led = pick.config.get(GUIDANCE) if pick is not None else None
    if not isinstance(sampler, Sampler) or sampler.guidance is None or not led or pick is None:
        return sampler, pick
    entry, path = registry.get("guidance", led["slug"]), "sampler.guidance.config"
    models, said = others.load_named(decode(entry.config, led["config"]), path)
    for name, model in models.items():
        if reason := unlike(spec, model.spec):
            raise Refused(f"The {name} must be trained on the same data: {reason}.", path=path)
    config = {**pick.config, GUIDANCE: {**led, "config": said}}
    asked = sampler.guided_by(sampler.guidance.asking(models)) if models else sampler
    return asked, Pick(slug=pick.slug, config=config)


def unlike(one: DataSpec, other: DataSpec) -> str:
    """Say how the data of two models differ, "" if they may be the same."""
    if one.shape != other.shape:
        return f"its samples have the shape {other.shape}, not {one.shape}"
    near = _NEAR * one.std
    gaps: Mapping[str, torch.Tensor] = {
        "mean": (one.mean - other.mean).abs(),
        "deviation": (one.std - other.std).abs(),
    }
    for name, gap in gaps.items():
        if bool((gap > near).any()):
            return f"their {name} differs"
    mine, theirs = (spec.given.get(LABEL) for spec in (one, other))
    if mine is not None and theirs is not None and mine.names != theirs.names:
        return "their classes differ"
    return ""
