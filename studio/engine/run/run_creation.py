"""Create the folder of a new run."""

from pathlib import Path

import msgspec

from pushforward.studio.engine.process.devices import choose
from pushforward.studio.engine.run.guides import pin_guides, split_guides
from pushforward.studio.engine.run.inputs import take
from pushforward.studio.engine.run.resolve import Resolved
from pushforward.studio.engine.run.settings import FEWEST_SAMPLES
from pushforward.studio.engine.run.versions import versions
from pushforward.studio.protocol.messages import Budget
from pushforward.studio.protocol.spec import RunRef
from pushforward.studio.protocol.trial import Trial
from pushforward.studio.store.project import Project
from pushforward.studio.store.run import RunFolder, RunRecord

__all__ = ["new_run"]


def new_run(
    resolved: Resolved,
    project: Path,
    *,
    race: str = "",
    budget: Budget | None = None,
    trial: Trial | None = None,
    elsewhere: bool = False,
) -> RunFolder:
    """Make the folder of a new run in a project (made if absent), with what it learns from.

    ``run.toml`` holds the resolved spec, hash of the data, versions, device; none if it is trained
    ``elsewhere``, where the device is chosen when it begins. No more evaluation
    samples are recorded than there are data to compare them with.

    Raises:
        Refused: the data cannot be drawn or read, or a run that it learns from will not do.
        StoreError: the disk refused.
    """
    device = "" if elsewhere else str(choose(resolved.training.device)[0])
    data = resolved.load_data(project)
    spec, wanted = resolved.spec, resolved.training.evaluate_samples
    drawn = any("samples" in choice.entry.needs for choice in resolved.metrics)
    # Without samples nothing has to be compared with a second half.
    most = data.most if drawn or data.held is None else len(data.held)
    if most is not None and most < wanted:
        training = {**spec.training, "evaluate_samples": max(FEWEST_SAMPLES, most)}
        spec = msgspec.structs.replace(spec, training=training)
    taken = take(resolved, project)
    refs = {name: RunRef(run=t.record.run, step=t.record.step) for name, t in taken.items()}
    inputs, guides = split_guides(refs)
    record = RunRecord(
        spec=msgspec.structs.replace(spec, inputs=inputs, sampler=pin_guides(spec.sampler, guides)),
        seed=resolved.training.seed,
        device=device,
        dataset_hash=data.hash,
        race=race,
        budget=budget,
        trial=trial,
        versions=versions(),
        inputs={name: each.record for name, each in taken.items()},
    )

    def fill(folder: RunFolder) -> None:
        for name, each in taken.items():
            each.put(name, folder.inputs)

    return Project.open_or_create(project).new_run(record, fill)
