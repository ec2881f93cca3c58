"""A training step in words: the stages of a family, with their formulas under some settings."""

from pushforward.studio.app.core import draft_spec
from pushforward.studio.protocol.catalog import Catalog, EntrySpec, StageSpec
from pushforward.studio.protocol.spec import RunSpec

__all__ = ["stages_of_step", "stages_under"]


def stages_of_step(spec: RunSpec, catalog: Catalog | None) -> list[StageSpec]:
    """Return the stages of a training step of a run, which may say only what was changed; none
    where the catalogue does not know its family.
    """
    return stages_under(draft_spec.entry_of(spec, "family", catalog), spec)


def stages_under(entry: EntrySpec | None, spec: RunSpec) -> list[StageSpec]:
    """Return the stages of a family under the settings of a run."""
    if entry is None:
        return []
    settings = {each.path: draft_spec.value_at(spec.family.config, each) for each in entry.fields}
    return [stage.under(settings) for stage in entry.stages]
