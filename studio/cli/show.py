"""Describe one thing: what it is, where it comes from, and each of its settings."""

import argparse
from collections.abc import Mapping
from typing import Any

from models.registry import FamilyEntry
from studio.cli import facts
from studio.cli.terminal import paragraph, say

__all__ = ["HELP", "add_arguments", "bounds", "run"]

HELP = "describe a model, dataset, sampler, metric or the training settings"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("slug", help="as in 'pushforward list', or 'training'")


def run(arguments: argparse.Namespace) -> int:
    """Write the description of everything with this slug."""
    from models.config import describe
    from studio.cli import catalogue

    catalogue.load()
    for number, entry in enumerate(catalogue.find(arguments.slug)):
        if number:
            say()
        kind = "settings" if entry.make is None else entry.kind
        say(f"{entry.title}  ({kind} {entry.slug})")
        paragraph(entry.summary, indent="  ")
        if entry.source:
            paragraph(f"Source: {entry.source}", indent="  ")
        family = entry if isinstance(entry, FamilyEntry) else None
        if family is not None:
            say(f"  Field: {family.field}; carrier: {family.carrier}")
            say(f"  Motion: {family.motion}")
        for line in facts.sentences(entry):
            say(f"  {line}")
        if family is not None and family.capabilities:
            say(f"  Can: {', '.join(family.capabilities)}")
        for name, needs in (family.inputs if family is not None else {}).items():
            paragraph(f"Learns from {name} (--input {name}=RUN): {needs.help}", indent="  ")
        fields = describe(entry.config)
        if not fields:
            say("  It has no settings.")
            continue
        _settings(fields, catalogue.defaults(entry))
    return 0


def _settings(fields: list[dict[str, Any]], defaults: Mapping[str, Mapping[str, Any]]) -> None:
    """A line for each setting with its defaults and bounds, and its meaning under it."""
    longest = max(len(f["path"]) + len(_value(f["default"])) for f in fields) + 3
    for field in fields:
        say()
        path = field["path"]
        head = f"{path} = {_value(field['default'])}"
        others = [f"{m}: {_value(own[path])}" for m, own in defaults.items() if path in own]
        say(f"  {head.ljust(longest)}   {'   '.join([bounds(field), *others])}")
        paragraph(_help(field), indent="      ")


def _value(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    return _number(value) if isinstance(value, float) else str(value)


def _number(value: float) -> str:
    """A bound or a default, without the digits that nobody typed: 0.001, 100000000, 1e-05."""
    whole = float(value).is_integer() and abs(value) < 1e15
    return str(int(value)) if whole else f"{value:g}"


def bounds(field: dict[str, Any]) -> str:
    """The values that a setting may have, in a few characters: ">= 1, <= 100 px"."""
    if field["choices"]:
        text = " | ".join(str(choice["value"]) for choice in field["choices"])
    elif field["kind"] == "bool":
        text = "true | false"
    else:
        signs = (("low", ">="), ("above", ">"), ("high", "<="), ("below", "<"))
        limits = [f"{sign} {_number(field[key])}" for key, sign in signs if field[key] is not None]
        text = (
            ", ".join(limits) or {"int": "whole", "float": "number", "text": "text"}[field["kind"]]
        )
    unit = f" {field['unit']}" if field["unit"] else ""
    return text + unit + (" | none" if field["optional"] else "")


def _help(field: dict[str, Any]) -> str:
    text = f"{field['title']}. {field['help']}".strip()
    if field["live"]:
        text += " (It may change in the middle of a training.)"
    if field["depends"]:
        values = " or ".join(map(str, field["depends"]["values"]))
        text += f" (Only while {field['depends']['path']} is {values}.)"
    return text
