"""A run as a command: what "Copy as command" puts on the clipboard.

Pasted into a terminal it trains the same run again, on a CPU with the same losses. It
is pure text work, so the window may import it.
"""

import json
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from pushforward.studio.literal import one_line
from pushforward.studio.protocol.catalog import Catalog, FieldSpec
from pushforward.studio.protocol.spec import PROJECT_PREFIX, Pick, RunSpec, led_by

__all__ = ["assignments", "command_for"]


def command_for(
    spec: RunSpec, *, catalog: Catalog | None = None, project: Path | None = None
) -> str:
    """Return the command line of a spec. With a catalogue, default settings are omitted.
    ``project`` is the training folder, needed for imported data or input runs.
    """
    words = ["pushforward", "run", f"{spec.family.slug}@{spec.dataset.slug}"]
    for assignment in assignments(spec, catalog):
        words += ["--set", assignment]
    for edit in spec.edits:
        words += ["--edit", msgspec.json.encode(edit).decode()]
    for name, ref in spec.inputs.items():
        words += ["--input", f"{name}={ref.run}" + ("" if ref.step is None else f"@{ref.step}")]
    if project is not None and (spec.inputs or led_by(spec) or _imported(spec)):
        words += ["--out", str(project)]
    # What is pasted into a terminal is as good as typed: no name may press a key there.
    return one_line(shlex.join(words), None)


def _imported(spec: RunSpec) -> bool:
    return spec.dataset.slug.startswith(PROJECT_PREFIX)


def assignments(spec: RunSpec, catalog: Catalog | None = None) -> Iterator[str]:
    """Yield what makes a spec of its model and data set, each as ``--set`` takes it. With a
    catalogue, settings at their defaults are left out.
    """
    yield f"name={spec.name}"
    parts = [("family", spec.family)]
    if not _imported(spec):  # it has no settings: the project says what it is
        parts.append(("dataset", spec.dataset))
    parts.append(("training", Pick(slug="training", config=spec.training)))
    for head, pick in parts:
        yield from _settings(head, pick, _describe_settings(spec, head, pick, catalog))
    if spec.sampler is not None:
        yield f"sampler={spec.sampler.slug}"
        known = _describe_settings(spec, "sampler", spec.sampler, catalog)
        yield from _settings("sampler", spec.sampler, known)
    if spec.metrics:
        yield "metrics=" + ",".join(pick.slug for pick in spec.metrics)
        for pick in spec.metrics:
            known = _describe_settings(spec, "metric", pick, catalog)
            yield from _settings(f"metrics.{pick.slug}", pick, known)


def _describe_settings(
    spec: RunSpec, kind: str, pick: Pick, catalog: Catalog | None
) -> dict[str, FieldSpec]:
    """Return the settings by path, with the defaults that they have for the run's kind of data."""
    entry = catalog.get(kind, pick.slug) if catalog else None
    if catalog is None or entry is None:
        return {}
    opened = catalog.opened(entry, pick.config, catalog.kind_of(spec.dataset))
    return {field.path: field for field in opened.fields}


def _settings(head: str, pick: Pick, known: Mapping[str, FieldSpec]) -> Iterator[str]:
    # A network is named before its settings: naming another one forgets those of the last.
    leaves = sorted(_leaves(pick.config, known), key=lambda leaf: not leaf[0].endswith(".slug"))
    for path, value in leaves:
        field = known.get(path)
        if field is None or (value != field.default and (not field.meant or value != field.meant)):
            yield f"{head}.{_short(path)}={_text(value)}"


def _short(path: str) -> str:
    """Return a setting's path as people write it: net.config.width as net.width."""
    return path.removesuffix(".slug").replace(".config.", ".", 1)


def _leaves(
    config: Mapping[str, Any], known: Mapping[str, FieldSpec], prefix: str = ""
) -> Iterator[tuple[str, Any]]:
    for name, value in config.items():
        path = f"{prefix}{name}"
        part = path in known and known[path].kind == "part"
        if part and (value is None) != (known[path].default is None):
            yield path, value is not None
        if isinstance(value, Mapping) and (part or path not in known):
            yield from _leaves(value, known, f"{path}.")
        elif not part:
            yield path, value


def _text(value: Any) -> str:
    """A value as `studio.workflows.settings` reads it; floats to their last bit."""
    if value is None:
        return "none"
    return value if isinstance(value, str) else json.dumps(value)
