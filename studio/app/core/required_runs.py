"""Which runs a setup asks for: those that it learns from, and those that lead its samples. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pushforward.studio.app.core import draft_spec
from pushforward.studio.protocol.catalog import Catalog, FieldSpec, InputSpec
from pushforward.studio.protocol.spec import GUIDANCE, RunRef, RunSpec

__all__ = ["WantedRun", "wanted_runs"]


@dataclass(frozen=True)
class WantedRun:
    """A required run.

    Attributes:
        path: path of its setting, as in problems: "inputs.teacher",
            "sampler.guidance.config.classifier".
        needs: required abilities.
        ref: the chosen run, None for none.
        setting: setting of the sampler, for a guiding run; None for an input.
    """

    path: str
    needs: InputSpec
    ref: RunRef | None
    setting: FieldSpec | None = None


def wanted_runs(spec: RunSpec, catalog: Catalog) -> Iterator[WantedRun]:
    """Yield the runs that a spec asks for, in the order of its sentence."""
    family = catalog.get("family", spec.family.slug)
    for needs in family.inputs if family is not None else ():
        yield WantedRun(f"inputs.{needs.name}", needs, spec.inputs.get(needs.name))
    sampler = draft_spec.entry_of(spec, "sampler", catalog)
    for field in sampler.fields if sampler is not None else ():
        if field.kind != "run" or not field.path.startswith(f"{GUIDANCE}."):
            continue
        needs = InputSpec(
            name=field.path.rpartition(".")[2],
            ability=field.role,
            title=field.title,
            help=field.help,
            same_data=True,
        )
        said = draft_spec.value_at(draft_spec.config_of(spec, "sampler"), field)
        named = isinstance(said, Mapping) and said.get("run")
        ref = RunRef(run=said["run"], step=said.get("step")) if named else None
        yield WantedRun(f"sampler.{field.path}", needs, ref, field)
