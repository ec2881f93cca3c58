"""A run as a command: what "Copy as command" puts on the clipboard.

Pasted into a terminal it trains the same run again, with the same losses on the same device. It
is pure text work, so the window may import it.
"""

import json
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from studio.literal import one_line
from studio.protocol.catalog import Catalog
from studio.protocol.spec import Pick, RunSpec

__all__ = ["command_for"]


def command_for(
    spec: RunSpec, *, catalog: Catalog | None = None, project: Path | None = None
) -> str:
    """Return the command. With a catalogue, settings at their defaults are left out.

    ``project`` is the folder to train in; it is needed where the data set is an imported one, or
    where runs of the project are learned from.
    """
    words = ["pushforward", "run", f"{spec.family.slug}@{spec.dataset.slug}"]
    for assignment in _assignments(spec, catalog):
        words += ["--set", assignment]
    for edit in spec.edits:
        words += ["--edit", msgspec.json.encode(edit).decode()]
    for name, ref in spec.inputs.items():
        words += ["--input", f"{name}={ref.run}" + ("" if ref.step is None else f"@{ref.step}")]
    if project is not None and (spec.inputs or spec.dataset.slug.startswith("project:")):
        words += ["--out", str(project)]
    # What is pasted into a terminal is as good as typed: no name may press a key there.
    return one_line(shlex.join(words), None)


def _assignments(spec: RunSpec, catalog: Catalog | None) -> Iterator[str]:
    yield f"name={spec.name}"
    parts = [("family", spec.family), ("dataset", spec.dataset)]
    parts.append(("training", Pick(slug="training", config=spec.training)))
    for head, pick in parts:
        yield from _settings(head, pick, _usual(spec, head, pick, catalog))
    if spec.sampler is not None:
        yield f"sampler={spec.sampler.slug}"
        usual = _usual(spec, "sampler", spec.sampler, catalog)
        yield from _settings("sampler", spec.sampler, usual)
    if spec.metrics:
        yield "metrics=" + ",".join(pick.slug for pick in spec.metrics)
        for pick in spec.metrics:
            usual = _usual(spec, "metric", pick, catalog)
            yield from _settings(f"metrics.{pick.slug}", pick, usual)


def _usual(spec: RunSpec, kind: str, pick: Pick, catalog: Catalog | None) -> dict[str, Any]:
    """Return the defaults, by path, that settings have for the run's kind of data."""
    entry = catalog.get(kind, pick.slug) if catalog else None
    if catalog is None or entry is None:
        return {}
    fitted = entry.fitted(catalog.modality(spec.dataset.slug))
    return {field.path: field.default for field in fitted.fields}


def _settings(head: str, pick: Pick, usual: Mapping[str, Any]) -> Iterator[str]:
    for path, value in _leaves(pick.config):
        if path not in usual or usual[path] != value:
            yield f"{head}.{path}={_text(value)}"


def _leaves(config: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in config.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _text(value: Any) -> str:
    """A value as `studio.cli.settings` reads it; floats to their last bit."""
    if value is None:
        return "none"
    return value if isinstance(value, str) else json.dumps(value)
