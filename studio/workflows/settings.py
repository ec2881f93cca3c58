"""``--set a.b=c``: changing settings of a run from the command line, checked as in a form."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

import msgspec

from pushforward.models.config import Config, describe, replace_at
from pushforward.models.entries import Kind
from pushforward.models.nets.offered import why_not
from pushforward.models.registry import registry
from pushforward.spelling import ask_whether, find_nearest
from pushforward.studio.counts import join_words
from pushforward.studio.engine.kinds.base import kind_of
from pushforward.studio.engine.kinds.compatibility import picked_kind
from pushforward.studio.engine.process.catalogue import described
from pushforward.studio.engine.run.resolve import known_kind, today
from pushforward.studio.engine.run.settings import TrainingConfig
from pushforward.studio.methods import methods
from pushforward.studio.protocol.catalog import Catalog
from pushforward.studio.protocol.spec import (
    ChangeSetting,
    Edit,
    Pick,
    RunRef,
    RunSpec,
    project_name,
    run_name,
)
from pushforward.studio.store.edits import in_order
from pushforward.studio.store.project import Project
from pushforward.studio.store.run import RunFolder
from pushforward.studio.workflows.errors import UsageError

__all__ = ["apply", "assigned", "changes", "find_setting", "is_whole", "with_edits", "with_inputs"]

_PICKS: dict[str, Kind] = {"family": "family", "dataset": "dataset", "sampler": "sampler"}


def apply(spec: RunSpec, assignments: Iterable[str], project: Path | None = None) -> RunSpec:
    """Return the spec with each assignment applied, in order; ``project`` gives the data type of
    imported data, which determines the networks.

    "family=gan" selects another family and drops the old settings, "method=ddpm" applies a named
    method, "family.net=unet" selects a network; "metrics=mmd" selects metrics; "family.ema=0.999",
    "family.net.width=64" (or "family.net.config.width=64"), "training.steps=500",
    "metrics.mmd.bandwidth=1" set settings. Values are checked later with those of the recipe.

    Raises:
        UsageError: no "=", or an unknown key; the nearest one is named.
    """
    for assignment in assignments:
        key, sign, text = assignment.partition("=")
        if not sign:
            raise UsageError(f"--set {assignment}: write it as NAME=VALUE")
        dataset = known_kind(spec.dataset, project)
        spec = msgspec.structs.replace(spec, dataset=dataset)
        spec = _assign(spec, key.strip(), text.strip())
    return spec


def assigned(config: type[Config], assignments: Iterable[str]) -> dict[str, Any]:
    """Return settings of one config as plain data: "n=64", "sampler=heun", "sampler.steps=4".

    Raises:
        UsageError: no "=", or a setting that does not exist; the nearest one is named.
    """
    known = {row["path"]: row for row in describe(config)}
    data: dict[str, Any] = {}
    for assignment in assignments:
        key, sign, text = (part.strip() for part in assignment.partition("="))
        if not sign:
            raise UsageError(f"--set {assignment}: write it as NAME=VALUE")
        head, _, inner = key.partition(".")
        picked = next((p for p, row in known.items() if row["kind"] == "pick" and p == head), None)
        if picked is not None:
            data = _picked(data, picked, inner, text)
        elif key in known:
            data = replace_at(data, key, _value(text, known[key]))
        else:
            hint = ask_whether(key, known, f"known: {', '.join(known)}")
            raise UsageError(f"--set {key}: unknown setting; {hint}")
    return data


def _picked(data: dict[str, Any], name: str, inner: str, text: str) -> dict[str, Any]:
    """Return settings with another thing picked, or a setting of the one that is."""
    if not inner:
        return {**data, name: {"slug": text}}
    if isinstance(outer := data.get(name, {}).get("config", {}).get(inner.partition(".")[0]), str):
        # What was picked within it, such as the guidance of a sampler, has settings of its own.
        data = replace_at(data, f"{name}.config.{inner.partition('.')[0]}", {"slug": outer})
    try:
        value: Any = json.loads(text)
    except json.JSONDecodeError:
        value = text
    return replace_at(data, f"{name}.config.{inner}", value)


def find_setting(spec: RunSpec, key: str) -> str:
    """Return the full key of a setting of the training, the family or the sampler (in this order)
    by its last parts: "lr" is "family.lr", "width" is "family.net.width". A key that fits none or
    several is returned as it is, for `apply` to refuse.
    """
    known = _list_settings(spec)
    whole = [f"{head}.{key}" for head in ("training", "family", "sampler")]
    for name in (key, *whole):
        if name in known:
            return name
    # Of a network's settings, the short names; one of a data set or a metric is written in full.
    ends = {n for n in known if n.startswith("family.") and n.endswith(f".{key}")}
    short = [name for name in ends if ".config." not in name]
    return short[0] if len(short) == 1 else key


def is_whole(spec: RunSpec, key: str) -> bool:
    """Return whether a setting, by its full key, takes whole numbers."""
    row = _list_settings(spec).get(key)
    return row is not None and row["kind"] == "int"


def changes(spec: RunSpec, assignments: Iterable[str], step: int) -> list[ChangeSetting]:
    """Return what changes after a step: "family.penalty=1", or "penalty=1" for short. Whether the
    settings may change in the middle of a training is checked later.

    Raises:
        UsageError: no "=", or no setting of the family; the nearest one is named.
    """
    known = {key: row for key, row in _list_settings(spec).items() if key.startswith("family.")}
    found = []
    for assignment in assignments:
        key, sign, text = (part.strip() for part in assignment.partition("="))
        if not sign:
            raise UsageError(f"--set {assignment}: write it as NAME=VALUE")
        full = key if key.startswith("family.") else f"family.{key}"
        if full not in known:
            raise UsageError(f"--set {key}: unknown setting; {_nearest(key, known)}")
        row = known[full]
        found.append(ChangeSetting(step=step, path=row["path"], value=_value(text, row)))
    return found


def with_edits(spec: RunSpec, texts: Iterable[str]) -> RunSpec:
    """Return the spec with more changes in its middle, each a `studio.protocol.spec.Edit` as JSON.

    Raises:
        UsageError: one is no edit.
    """
    found = list(spec.edits)
    for text in texts:
        try:
            found.append(msgspec.json.decode(text, type=Edit))
        except msgspec.DecodeError as error:
            raise UsageError(f"--edit {text}: {error}") from error
    return msgspec.structs.replace(spec, edits=in_order(found))


def with_inputs(spec: RunSpec, texts: Iterable[str], project: Path) -> RunSpec:
    """Return the spec with other runs to learn from, each as "teacher=0003-edm@5000", or a path to
    the folder of the run in place of its name, or its number where the project has one of it.

    Raises:
        UsageError: one is not written so.
    """
    found = dict(spec.inputs)
    for text in texts:
        name, sign, run = (part.strip() for part in text.partition("="))
        run, at, step = run.rpartition("@") if "@" in run else (run, "", "")
        folder = run.rstrip("/").rpartition("/")[2]
        if not sign or not name or not folder or (at and not step.isdecimal()):
            raise UsageError(f"--input {text}: write it as NAME=RUN or NAME=RUN@STEP")
        found[name] = RunRef(run=_by_number(folder, project), step=int(step) if at else None)
    return msgspec.structs.replace(spec, inputs=found)


def _by_number(run: str, project: Path) -> str:
    """Return the run name for a run number in a project, or the text unchanged."""
    if not run.isdecimal() or not (project / "project.toml").is_file():
        return run
    folders = map(RunFolder, Project.open(project).run_paths())
    names = [folder.name for folder in folders if folder.number == int(run)]
    return names[0] if len(names) == 1 else run


def _assign(spec: RunSpec, key: str, text: str) -> RunSpec:
    head, _, path = key.partition(".")
    if key == "name":
        return msgspec.structs.replace(spec, name=text)
    if key == "method":
        return _with_method(spec, text)
    if key in _PICKS:
        return msgspec.structs.replace(spec, **{key: Pick(slug=text)})
    if key == "metrics":
        slugs = [slug.strip() for slug in text.split(",") if slug.strip()]
        return msgspec.structs.replace(spec, metrics=[Pick(slug=slug) for slug in slugs])
    if head == "family":
        family = today(spec.family, picked_kind(spec.dataset))
        spec = msgspec.structs.replace(spec, family=family)
    known = _list_settings(spec)
    if key not in known:
        raise UsageError(f"--set {key}: unknown setting; {_nearest(key, known)}")
    row = known[key]
    value = _value(text, row)
    if row.get("fixed") and value != row["default"]:
        data = picked_kind(spec.dataset)
        raise UsageError(
            f"--set {key}: {data} have this condition, so every model of them is conditioned on it"
        )
    if row.get("of") and row["kind"] == "choice":
        return _picking(spec, key, row, text)
    if head == "training":
        return msgspec.structs.replace(spec, training=replace_at(spec.training, path, value))
    if head == "metrics":
        return msgspec.structs.replace(spec, metrics=_with_metric(spec.metrics, path, value))
    pick = (_sampler(spec) if head == "sampler" else getattr(spec, head)) or Pick(slug="")
    config = replace_at(pick.config, row["path"], value)
    return msgspec.structs.replace(spec, **{head: msgspec.structs.replace(pick, config=config)})


def _with_method(spec: RunSpec, slug: str) -> RunSpec:
    """Return the spec with the settings and the sampler of a named method of its model.

    Raises:
        UsageError: there is no such method, or it is one of another model.
    """
    known = {method.slug: method for method in methods()}
    if slug not in known:
        raise UsageError(f"--set method: there is no method {slug!r}; {_nearest(slug, known)}")
    method = known[slug]
    if method.family.slug != spec.family.slug:
        raise UsageError(
            f"--set method: {slug} is a method of {method.family.slug}, and this run is of "
            f"{spec.family.slug}; name {method.family.slug}@{spec.dataset.slug}"
        )
    if not method.takes(kind := picked_kind(spec.dataset)):
        raise UsageError(f"--set method: {slug} is for {join_words(method.kinds)}, not for {kind}")
    name = run_name(spec, slug) if spec.name == run_name(spec) else spec.name
    family, sampler = method.family, method.sampler
    return msgspec.structs.replace(spec, name=name, family=family, sampler=sampler)


def _picking(spec: RunSpec, key: str, row: dict[str, Any], slug: str) -> RunSpec:
    """Return the spec with a network or guidance picked; the settings are those of the one before
    where it is the same.

    Raises:
        UsageError: there is no such network, or it cannot have the role for these data.
    """
    kind = picked_kind(spec.dataset)
    if slug and row["of"] == "network" and (reason := why_not(slug, row["role"], kind)):
        raise UsageError(f"--set {key}: {reason}")
    head, path = key.partition(".")[0], row["path"].removesuffix(".slug")
    pick = (_sampler(spec) if head == "sampler" else getattr(spec, head)) or Pick(slug="")
    before: dict[str, Any] = pick.config.get(path) or {}
    same = (before.get("slug") or row["meant"]) == (slug or row["meant"])
    made = {"slug": slug, "config": before.get("config", {}) if same else {}}
    config = {**pick.config, path: made}
    return msgspec.structs.replace(spec, **{head: msgspec.structs.replace(pick, config=config)})


def _with_metric(metrics: list[Pick], path: str, value: Any) -> list[Pick]:
    slug, _, inner = path.partition(".")
    if all(pick.slug != slug for pick in metrics):
        metrics = [*metrics, Pick(slug=slug)]
    return [
        Pick(slug=p.slug, config=replace_at(p.config, inner, value)) if p.slug == slug else p
        for p in metrics
    ]


def _sampler(spec: RunSpec) -> Pick | None:
    """The sampler of a spec: the one it names, or the one that it would be run with."""
    from pushforward.studio.engine.run.resolve import resolve

    resolved, _ = resolve(spec)
    return spec.sampler or (resolved.spec.sampler if resolved else None)


def _list_settings(spec: RunSpec) -> dict[str, dict[str, Any]]:
    """Return every setting of this spec by its key; paths are those in the config:
    "family.net.width" is "net.config.width".
    """
    heads: list[tuple[str, Kind, str]] = [("dataset", "dataset", spec.dataset.slug)]
    opened = _opened("family", spec.family, spec)
    if (sampler := _sampler(spec)) is not None:
        opened |= _opened("sampler", sampler, spec)
    for each in registry.all("metric"):
        heads += [(f"metrics.{slug}", "metric", each.slug) for slug in (each.slug, *each.formerly)]
    configs = {
        head: entry.config
        for head, kind, slug in heads
        for entry in registry.all(kind)
        if entry.slug == slug
    }
    configs["training"] = TrainingConfig
    own = kind_of(picked_kind(spec.dataset)).run_settings
    if own is not None and project_name(spec.dataset.slug) is not None:
        configs["dataset"] = own
    return opened | {
        f"{head}.{row['path']}": row for head, config in configs.items() for row in describe(config)
    }


def _opened(head: Literal["family", "sampler"], pick: Pick, spec: RunSpec) -> dict[str, Any]:
    """Return the settings of the family or the sampler and of its picks, also under short names."""
    inside: Kind = "network" if head == "family" else "guidance"
    mine = [entry for entry in registry.all(head) if entry.slug == pick.slug]
    entries, _ = described([*mine, *registry.all(inside)])
    offer = Catalog(entries=entries, devices=[])
    entry = offer.get(head, pick.slug)
    if entry is None:
        return {}
    kind = picked_kind(spec.dataset)
    found: dict[str, dict[str, Any]] = {}
    for field in offer.opened(entry, pick.config, kind).fields:
        row = msgspec.to_builtins(field)
        short = field.path
        if field.chooses:
            short = field.path.removesuffix(".slug")
        elif field.under:
            short = field.path.replace(".config.", ".", 1)
        found[f"{head}.{field.path}"] = found[f"{head}.{short}"] = row
    return found


def _nearest(key: str, known: Iterable[str]) -> str:
    """The likeliest keys: those spelt alike, or with the same last part ("lr" for "family.lr")."""
    # Of a network's settings, the short names.
    names = [name for name in known if ".config." not in name and not name.endswith(".slug")]
    head, _, last = key.rpartition(".")
    near = [name for name in names if name.endswith(f".{last}") and name.startswith(head)]
    near += [name for name in find_nearest(key, names) if name not in near]
    if not near:
        ends = {name.rpartition(".")[2]: name for name in names}
        near = [ends[end] for end in find_nearest(last, ends)]
    if near:
        return f"did you mean {' or '.join(near[:2])}?"
    return "'pushforward show SLUG' lists the settings of a model, 'pushforward show training' more"


def _value(text: str, row: dict[str, Any]) -> Any:
    """Read a value as its setting needs it; what does not fit stays text, and is refused later."""
    choices = [choice["value"] for choice in row["choices"]]
    if row["optional"] and text == "none" and text not in choices:
        return None
    if row["kind"] == "file":
        return str(Path(text).expanduser().absolute()) if text else ""
    if row["kind"] == "list":
        return _list(text, row["items"])
    if row["kind"] in ("text", "choice", "data-choice"):
        return text
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def _list(text: str, items: str) -> Any:
    """Read a list: as JSON, or plainly, with commas between its values."""
    if not text.strip().startswith("["):
        parts = [part.strip() for part in text.split(",") if part.strip()]
        if items == "text":
            return parts
        text = f"[{','.join(parts)}]"
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text
