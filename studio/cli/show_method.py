"""Print a named method: its six choices, its source, its requirements, and its claims."""

from pushforward.studio.app.core import diffusion_choices, draft_spec
from pushforward.studio.app.core.required_runs import wanted_runs
from pushforward.studio.app.core.verified_claims import claims, verdict
from pushforward.studio.cli.terminal import paragraph, say
from pushforward.studio.counts import join_words
from pushforward.studio.methods import CHOICES, Method, Published, methods
from pushforward.studio.protocol.catalog import Catalog
from pushforward.studio.protocol.spec import Pick, RunSpec
from pushforward.studio.resources import recipes

__all__ = ["describe_method"]


def describe_method(method: Method) -> None:
    """Write what a method is, in the words of the setup's six choices."""
    from pushforward.studio.engine.process import catalogue

    catalog = catalogue.build([])
    spec = RunSpec(name="", family=method.family, dataset=Pick(slug=""), sampler=method.sampler)
    say(f"{method.title}  (method {method.slug})")
    paragraph(method.summary, indent="  ")
    paragraph(f"Source: {method.source}", indent="  ")
    sampler = diffusion_choices.sampled(spec, catalog).sampler
    say(f"  Model: {method.family.slug}" + (f"; sampler: {sampler.slug}" if sampler else ""))
    for line in _needs(method, spec, catalog):
        paragraph(line, indent="  ")
    say()
    say("  Six choices:")
    for choice, words in _choices(spec, catalog).items():
        paragraph(f"{CHOICES[choice]}: {words}", indent="    ")
    if method.published:
        say("  Published:")
    for each in method.published:
        paragraph(_figure(each), indent="    ")
    known = claims()
    if method.claims:
        say("  Claims, as they were last verified here:")
    for slug in method.claims:
        kept = known.get(slug)
        said = f": {kept['title']}: {verdict(kept).lower()}" if kept is not None else ""
        paragraph(f"{slug}{said} ('pushforward verify {slug}' measures it)", indent="    ")
    say()
    for recipe in recipes():
        if (
            recipe.race is None
            and diffusion_choices.named(recipe.run, methods(), catalog) == method
        ):
            say(f"  pushforward run {recipe.slug} trains one.")
    paragraph(
        f"pushforward run {method.family.slug}@DATASET --set method={method.slug} trains one on "
        "any data it supports ('pushforward list datasets').",
        indent="  ",
    )


def _choices(spec: RunSpec, catalog: Catalog) -> dict[str, str]:
    """Return what a method chooses: each of the six with its settings as people set them."""
    formulas = diffusion_choices.formulas(spec, catalog)
    found: dict[str, list[str]] = {choice: [] for choice in CHOICES}
    for control in diffusion_choices.controls(spec, catalog):
        titles = {each.value: each.title for each in control.field.choices}
        title = titles.get(control.value, str(control.value or "none"))
        path = ".".join(filter(None, (control.section, control.field.path.removesuffix(".slug"))))
        if not control.idle:
            set_by = f" ({path}={control.value})" if control.value else ""
            found[control.choice].append(f"{title}{set_by}")
    said = {}
    for choice, told in found.items():
        formula = formulas.get(choice, ("", ""))[0]
        said[choice] = ", ".join(told) or "no choice of its own"
        if formula:
            said[choice] += f";  {formula}"
    return said


def _needs(method: Method, spec: RunSpec, catalog: Catalog) -> list[str]:
    """Return what must be there before it can be trained, a sentence each."""
    entry = catalog.get("family", method.family.slug)
    if entry is None:
        return []
    kinds = method.kinds or entry.kinds
    lines = [f"For: {join_words(list(kinds))}"] if kinds else []
    for wanted in wanted_runs(spec, catalog):
        name, needs = wanted.needs.name, wanted.needs
        optional = " It may be left out." if needs.optional else ""
        told, by = f"Learns from {name}", f"--input {name}=RUN"
        if wanted.setting is not None:
            path = wanted.path.replace(".config.", ".", 1)
            told, by = f"Its samples are guided by {name}", f"--set {path}=RUN"
        lines.append(f"{told} ({by}): {needs.help}{optional}")
    conditional = next((f for f in entry.fields if f.path == "conditional"), None)
    if conditional is not None and draft_spec.value_at(method.family.config, conditional):
        lines.append("Requires data with classes or other conditions.")
    return lines


def _figure(each: Published) -> str:
    calls = f" with {each.calls:,} evaluations of the network" if each.calls is not None else ""
    return f"{each.figure}, {each.data}{calls} ({each.source})"
