"""Describe one thing: what it is, where it comes from, and each of its settings; of a recipe, what
it trains; of a named method, what it chooses; of a kind of data, what there is for it.
"""

import argparse
import contextlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pushforward.models.entries import Entry, FamilyEntry, KindEntry
from pushforward.studio.app.text.number_format import duration
from pushforward.studio.cli import facts, project_dataset
from pushforward.studio.cli.arguments import add_json
from pushforward.studio.cli.show_json import describe_dataset, describe_found
from pushforward.studio.cli.show_method import describe_method
from pushforward.studio.cli.terminal import paragraph, say
from pushforward.studio.methods import Method
from pushforward.studio.protocol.spec import Recipe, project_name
from pushforward.studio.workflows.errors import UsageError

__all__ = ["HELP", "add_arguments", "bounds", "run"]

KINDS = {"kind": "kind of data"}
_WORDS = {
    "file": "path of a file",
    "run": "name of a run",
    "data-choice": "name in the data",
    "part": "true | false",
}
COLUMN = 40
"""Most characters of a setting and its default that shift what its values are to the right."""
HELP = (
    "describe a recipe, model, named method, dataset, network, sampler, guidance, metric, "
    "operator, data type, or the training settings"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument(
        "slug",
        metavar="SLUG",
        help="as in 'pushforward list', or 'training', or a data type such as images, or the "
        "folder of a data set of your own, PROJECT/data/NAME",
    )
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Write the description of everything with this slug."""
    from pushforward.studio.cli import catalogue

    catalogue.load()
    if project_dataset.is_one(path := Path(arguments.slug).expanduser()):
        if arguments.json:
            say(json.dumps([describe_dataset(path)]))
        else:
            project_dataset.describe(path)
        return 0
    if (name := project_name(arguments.slug)) is not None:
        raise UsageError(f"name the folder of a data set of your own: PROJECT/data/{name}")
    if arguments.json:
        say(json.dumps([describe_found(found) for found in catalogue.find(arguments.slug)]))
        return 0
    for number, found in enumerate(catalogue.find(arguments.slug)):
        if number:
            say()
        if isinstance(found, Recipe):
            _recipe(found)
        elif isinstance(found, Method):
            describe_method(found)
        else:
            _entry(found)
    return 0


def _recipe(recipe: Recipe) -> None:
    """What a recipe trains, what it shows, and the settings that it has for that."""
    from pushforward.studio.workflows.command_line import assignments

    run = recipe.run
    say(f"{recipe.title}  (recipe {recipe.slug})")
    paragraph(recipe.summary, indent="  ")
    say()
    paragraph(recipe.teaches.strip(), indent="  ")
    say()
    paragraph(f"Source: {recipe.source}", indent="  ")
    say(f"  Model: {run.family.slug}; data: {run.dataset.slug} ({recipe.kind})")
    if recipe.race is not None:
        others = ", ".join(rival.family.slug for rival in recipe.race.rivals)
        each = f"each has {recipe.race.amount:g} {recipe.race.kind}"
        paragraph(f"It races with {others}; {each}.", indent="  ")
    say(f"  It takes about {duration(recipe.expected_seconds)}.")
    for name, ref in run.inputs.items():
        say(f"  Learns from {name}: {ref.run}")
    told = [text for text in assignments(run) if not text.startswith("name=")]
    if told:
        say("  It sets:")
    for text in told:
        say(f"    {text}")
    say()
    say(f"  pushforward run {recipe.slug} trains it; --set NAME=VALUE changes a setting.")


def _entry(entry: Entry) -> None:
    from pushforward.models.config import describe
    from pushforward.studio.cli import catalogue

    kind = "settings" if entry.make is None else KINDS.get(entry.kind, entry.kind)
    say(f"{entry.title}  ({kind} {entry.slug})")
    paragraph(entry.summary, indent="  ")
    if entry.source:
        paragraph(f"Source: {entry.source}", indent="  ")
    family = entry if isinstance(entry, FamilyEntry) else None
    if family is not None and family.field:  # others move nothing
        say(f"  Field: {family.field}; carrier: {family.carrier}")
        say(f"  Motion: {family.motion}")
    for line in facts.sentences(entry):
        paragraph(line, indent="  ")
    if family is not None and family.capabilities:
        say(f"  Can: {', '.join(family.capabilities)}")
    for name, needs in (family.inputs if family is not None else {}).items():
        paragraph(f"Requires {name} (--input {name}=RUN): {needs.help}", indent="  ")
    fields = describe(entry.config)
    if not fields:
        if not isinstance(entry, KindEntry):
            say("  It has no settings.")
        return
    prefix = "family." if family is not None else ""
    _settings(fields, catalogue.defaults(entry), prefix)


def _settings(
    fields: list[dict[str, Any]], defaults: Mapping[str, Mapping[str, Any]], prefix: str
) -> None:
    """A line for each setting with its defaults and bounds, and its meaning under it; they are set
    under a prefix.
    """
    longest = min(max(len(f["path"]) + len(_default(f)) for f in fields) + 3, COLUMN)
    for field in fields:
        say()
        head = f"{field['path']} = {_default(field)}"
        others = [f"{kind}: {value}" for kind, value in _others(field, defaults)]
        text = f"{head.ljust(longest)}   {'   '.join([bounds(field), *others])}"
        paragraph(text, indent="  ", hanging="  ")
        paragraph(_help(field, prefix), indent="      ")


def _default(field: Mapping[str, Any]) -> str:
    match field["kind"]:
        case "pick" if field["of"] == "network":
            return "set by the data"
        case "pick":
            return field["default"]["slug"] or "the model's own"
        case "part":
            return "none" if field["default"] is None else "as below"
        case "run":
            return field["default"]["run"] if field["default"] else "none"
    return _value(field["default"])


def _others(
    field: Mapping[str, Any], defaults: Mapping[str, Mapping[str, Any]]
) -> Iterator[tuple[str, str]]:
    """Yield the kinds of data at which a setting has another default, with that."""
    from pushforward.models.config import ConfigError
    from pushforward.models.nets.pick import preferred

    for kind, own in defaults.items():
        if field["kind"] == "pick" and field["of"] == "network":
            with contextlib.suppress(ConfigError):  # no network can have the role there
                pick = preferred(field, kind, own)
                told = [f"{name} {_value(value)}" for name, value in pick["config"].items()]
                yield kind, f"{pick['slug']} ({', '.join(told)})" if told else pick["slug"]
        elif (value := _at(own, field["path"])) not in (None, field["default"]):
            yield kind, _value(value)


def _at(settings: Mapping[str, Any], path: str) -> Any:
    value: Any = settings
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _value(value: Any) -> str:
    if value is None or value in ("", []):
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ",".join(_value(each) for each in value)
    return _number(value) if isinstance(value, float) else str(value)


def _able(field: Mapping[str, Any]) -> list[str]:
    """Return what can be selected: networks and guidance with the role."""
    from pushforward.models.entries import GuidanceEntry, NetworkEntry
    from pushforward.models.registry import registry

    return [
        entry.slug
        for entry in registry.all(field["of"])
        if not isinstance(entry, NetworkEntry | GuidanceEntry) or field["role"] in entry.roles
    ]


def _number(value: float) -> str:
    """Format a bound or a default with few digits: 0.001, 100000000, 1e-05."""
    whole = float(value).is_integer() and abs(value) < 1e15
    return str(int(value)) if whole else f"{value:g}"


def bounds(field: dict[str, Any]) -> str:
    """The values that a setting may have, in a few characters: ">= 1, <= 100 px"."""
    if field["choices"]:
        text = " | ".join(str(choice["value"]) for choice in field["choices"])
    elif field["kind"] == "bool":
        text = "true | false"
    elif field["kind"] == "pick":
        text = " | ".join(_able(field))
    elif field["kind"] in _WORDS:
        text = _WORDS[field["kind"]]
    else:
        signs = (("low", ">="), ("above", ">"), ("high", "<="), ("below", "<"))
        limits = [f"{sign} {_number(field[key])}" for key, sign in signs if field[key] is not None]
        words = {"int": "whole", "float": "number", "text": "text"}
        many = field["kind"] == "list"
        text = ", ".join(limits) or words[field["items"] if many else field["kind"]]
        if many:
            text = f"{text} each, with commas between"
    unit = f" {field['unit']}" if field["unit"] else ""
    return text + unit + (" | none" if field["optional"] else "")


def _help(field: dict[str, Any], prefix: str) -> str:
    text = f"{field['title']}. {field['help']}".strip()
    if field["kind"] == "pick":
        path, example = f"{prefix}{field['path']}", _able(field)[0]
        text += (
            f" (--set {path}={example} selects one; 'pushforward show {example}' lists the "
            "settings "
            f"of this {field['of']}, which are set as {path}.NAME.)"
        )
    if field["kind"] == "part":
        text += f" (--set {prefix}{field['path']}=true adds it, none removes it.)"
    if field["kind"] == "file" and field["suffixes"]:
        text += f" (File types: {' or '.join(field['suffixes'])}.)"
    if field["live"]:
        text += " (It may change in the middle of a training.)"
    if field["depends"]:
        values = " or ".join(map(str, field["depends"]["values"]))
        text += f" (Only while {field['depends']['path']} is {values}.)"
    return text
