"""The model card of a run, as Markdown."""

import json
import math
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pushforward.models.entries import DatasetEntry, MetricEntry
from pushforward.models.registry import registry
from pushforward.studio import resources
from pushforward.studio.engine.exports.export import Request
from pushforward.studio.engine.process.catalogue import build
from pushforward.studio.engine.run.model_loading import Loaded, load
from pushforward.studio.figures import short
from pushforward.studio.literal import one_line
from pushforward.studio.methods import methods, survey
from pushforward.studio.protocol.curve_names import FLOOR, QUALITY, SAMPLES
from pushforward.studio.protocol.events import SPREAD
from pushforward.studio.protocol.spec import Pick, project_name
from pushforward.studio.workflows.command_line import command_for

__all__ = ["card", "write"]

_VERDICTS = {True: "holds", False: "does not hold", None: "reported"}


def write(request: Request, path: Path) -> str:
    """Write the card; return a sentence about it."""
    loaded = load(request.run, request.step, request.length)
    path.write_text(card(loaded), encoding="utf-8")
    return f"The model card describes step {loaded.step:,}."


def card(loaded: Loaded) -> str:
    """Return the card of a trained model."""
    entry, spec = loaded.resolved.family.entry, loaded.resolved.spec
    label = loaded.run.label()
    lines = [f"# {_plain(label.name or spec.name or loaded.run.name)}", ""]
    lines += [f"{entry.title}. {entry.summary}", "", f"Source: {entry.source}", ""]
    lines += [_plain(label.note), ""] if label.note else []
    lines += ["## Data", "", *_data(loaded), ""]
    lines += ["## Training", "", *_training(loaded), ""]
    lines += ["## Settings", "", *_settings(loaded), ""]
    lines += ["## Metrics", "", *_metrics(loaded), ""]
    lines += ["## Verified claims about this model", "", *_claims(entry.slug), ""]
    lines += ["## Licence", "", *_licence(loaded), ""]
    lines += ["## Reproduce", "", *_command(loaded)]
    return "\n".join(lines) + "\n"


def _data(loaded: Loaded) -> Iterator[str]:
    pick, spec = loaded.resolved.spec.dataset, loaded.family.spec
    dataset = _dataset(pick)
    yield f"- Data set: {dataset.title if dataset else _plain(pick.slug)}"
    yield f"- Data type: {spec.kind}; shape of a sample: {' × '.join(map(str, spec.shape))}"
    if dataset is not None and dataset.size:
        yield f"- Size: {dataset.size}"
    if dataset is not None and dataset.made:
        yield f"- Origin: {dataset.made}"
    if dataset is not None and dataset.source:
        yield f"- Source: {dataset.source}"
    if loaded.columns:
        yield f"- Columns: {', '.join(map(_plain, loaded.columns))}"
    if spec.given:
        yield f"- Conditions: {', '.join(map(_plain, spec.given))}"
    if loaded.run.record.dataset_hash:
        yield f"- SHA-256 of the training data: `{loaded.run.record.dataset_hash}`"


def _dataset(pick: Pick) -> DatasetEntry | None:
    """Return the entry of a data set that ships, None for the user's own."""
    known = {entry.slug: entry for entry in registry.all("dataset")}
    return None if project_name(pick.slug) is not None else known.get(pick.slug)


def _training(loaded: Loaded) -> Iterator[str]:
    record = loaded.run.record
    yield f"- Step: {loaded.step:,}"
    yield f"- Trained parameters: {loaded.family.parameter_count():,}"
    yield f"- Seed: {record.seed}; device: {record.device or 'cpu'}"
    yield f"- Date: {record.created:%Y-%m-%d}"
    if loaded.edits:
        yield f"- Settings or data were edited during the training {len(loaded.edits)} times"
    versions = ", ".join(f"{name} {value}" for name, value in record.versions.items())
    yield f"- Versions: {versions}"


def _settings(loaded: Loaded) -> Iterator[str]:
    spec = loaded.resolved.spec
    yield "| Setting | Value |"
    yield "|---|---|"
    heads: dict[str, Any] = {"family": spec.family.config, "dataset": spec.dataset.config}
    heads["training"] = spec.training
    if spec.sampler is not None:
        heads[f"sampler ({spec.sampler.slug})"] = spec.sampler.config
    for head, config in heads.items():
        for path, value in _flat(head, config):
            text = value if isinstance(value, str) else json.dumps(value)
            yield f"| {_plain(path)} | {_plain(text)} |"


def _flat(head: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Yield the settings of nested ones by their dotted path."""
    if not isinstance(value, Mapping):
        yield head, value
        return
    if value.keys() == {"slug", "config"}:
        yield head, value["slug"]
        value = value["config"]
    for name, each in value.items():
        yield from _flat(f"{head}.{name}", each)


@dataclass(frozen=True)
class _Measured:
    """Metric values by slug, and the floors with their spreads (``SPREAD`` before the slug)."""

    step: int
    n: int
    values: Mapping[str, float]
    floors: Mapping[str, float]


def _metrics(loaded: Loaded) -> Iterator[str]:
    measured = _evaluated(loaded) or _from_training(loaded)
    known: dict[str, MetricEntry] = {entry.slug: entry for entry in registry.all("metric")}
    found = {name: value for name, value in measured.values.items() if name in known}
    if not found:
        yield "Not measured. `pushforward evaluate RUN` measures them."
        return
    yield f"Step {measured.step:,}, {measured.n:,} generated samples. The noise floor is the metric"
    yield "between two sets of real samples of the same size."
    yield ""
    yield "| Metric | Value | Noise floor |"
    yield "|---|---|---|"
    for name, value in found.items():
        unit = f" ({known[name].unit})" if known[name].unit else ""
        yield f"| {known[name].title}{unit} | {short(value, 3)} | {_floor(name, measured)} |"


def _evaluated(loaded: Loaded) -> _Measured | None:
    """Return the newest evaluation of the exported step, None if there is none."""
    for event in reversed(loaded.run.events.read()):
        if event.kind == "evaluated" and event.step == loaded.step:
            data = event.data
            return _Measured(
                loaded.step, int(data.get("n", 0)), data.get("values", {}), data.get("floors", {})
            )
    return None


def _from_training(loaded: Loaded) -> _Measured:
    """Return the last values that were measured during the training, up to the exported step."""
    columns, _ = loaded.run.metrics.read()
    last = {name: _last(curve, loaded.step) for name, curve in columns.items()}
    there = {name: found for name, found in last.items() if found is not None}
    quality = {n.removeprefix(QUALITY): v for n, v in there.items() if n.startswith(QUALITY)}
    floors = {n.removeprefix(FLOOR): v[1] for n, v in there.items() if n.startswith(FLOOR)}
    step = max((found[0] for found in quality.values()), default=0)
    _, n = there.get(SAMPLES, (0, 0.0))
    return _Measured(step, int(n), {name: v[1] for name, v in quality.items()}, floors)


def _last(
    curve: tuple[Sequence[int], Sequence[float | None]], limit: int
) -> tuple[int, float] | None:
    for step, value in zip(reversed(curve[0]), reversed(curve[1]), strict=True):
        if step <= limit and value is not None and math.isfinite(value):
            return step, float(value)
    return None


def _floor(name: str, measured: _Measured) -> str:
    floors = measured.floors
    if name not in floors or not math.isfinite(floors[name]):
        return "not measured"
    spread = floors.get(f"{SPREAD}{name}")
    text = short(floors[name], 3)
    return text if spread is None else f"{text} ± {short(spread, 2)}"


def _claims(family: str) -> Iterator[str]:
    named = {slug for row in survey() if row.family == family for slug in row.claims}
    named |= {slug for each in methods() if each.family.slug == family for slug in each.claims}
    kept = {path.stem: path for path in resources.folder("verified").glob("*.json")}
    recorded = sorted(named & kept.keys())
    if not recorded:
        yield "None is recorded for this model. `pushforward verify --list` lists all claims."
        return
    yield "They were measured with their own runs, not with this one."
    yield ""
    for slug in recorded:
        claim = json.loads(kept[slug].read_text(encoding="utf-8"))
        yield f"- **{slug}** ({_VERDICTS[claim['passed']]}): {_plain(claim['claim'])}"


def _licence(loaded: Loaded) -> Iterator[str]:
    dataset = _dataset(loaded.resolved.spec.dataset)
    if dataset is None:
        yield "- Data: your own; state their licence here before you publish the model."
    elif dataset.licence:
        yield f"- Data: {dataset.licence}"
    else:
        yield "- Data: generated by Pushforward Studio, no restriction."
    yield "- Software: Pushforward Studio, Apache-2.0."
    yield "- Weights: yours to license, within the terms of the data."


def _command(loaded: Loaded) -> Iterator[str]:
    run = loaded.run
    if loaded.edits:
        line = shlex.join(["pushforward", "run", str(run.path)])
        yield "Its settings were edited during the training; the run folder has the edits:"
    else:
        line = command_for(run.record.spec, catalog=build([]), project=run.project)
        yield "On a CPU the command gives the same losses:"
    yield ""
    yield "```"
    yield one_line(line, None)
    yield "```"


def _plain(text: str) -> str:
    """Return a name or a sentence on one line, with no character that ends a table's cell."""
    return one_line(" ".join(str(text).split()), None).replace("|", "\\|")
