"""The man page and ``docs/command-line.md``, generated from the commands themselves."""

import re
import textwrap
from collections.abc import Iterator

from pushforward.studio.cli.command_tree import Argument, Command

__all__ = ["EXAMPLES", "EXIT_STATUS", "write_man", "write_markdown"]

SUMMARY = "a studio for generative models that move particles"

EXAMPLES = (
    ("pushforward", "open the studio"),
    ("pushforward open path/to/run", "open the studio at a run"),
    ("pushforward run edm-eight-gaussians", "train a recipe, with a progress bar"),
    ("pushforward run path/to/run --resume", "resume from the newest valid checkpoint"),
    (
        "pushforward run gan-ring-of-five --set training.steps=500 --set family.net.width=64",
        "change settings",
    ),
    ("pushforward run edm@checkerboard --set method=ddim", "one of the named methods"),
    ("pushforward run relatives", "a recipe that is a race, at its own budget"),
    (
        "pushforward race gan-ring-of-five discriminator-flow-five --budget-seconds 60",
        "compare methods",
    ),
    ("pushforward import 'jets_*.h5' --out PROJECT", "import your own data"),
    ("pushforward run edm@project:jets --out PROJECT", "and train on them"),
    ("pushforward make jets --set n=1000 --out PROJECT", "simulate jets (needs pushforward[jets])"),
    (
        "pushforward run consistency-distillation@ring-of-five --input teacher=0003-edm",
        "learn from another run",
    ),
    ("pushforward branch path/to/run --step 400 --set family.rescaling=logit", "branch a run"),
    ("pushforward sample path/to/run --count 10000 --seed 1 --sampler heun --set steps=50", ""),
    ("pushforward sample path/to/run --length 0.1", "another EMA length (needs training.lengths)"),
    ("pushforward evaluate path/to/run", "each metric with its noise floor"),
    ("pushforward export path/to/run --out samples.csv", "the suffix chooses the format"),
    ("pushforward export path/to/run --format npz", "to RUN.npz in this folder"),
    ("pushforward export path/to/run --format onnx", "the networks of the model"),
    ("pushforward export path/to/run --out flow.gif", "the flow from noise to data"),
    ("pushforward do path/to/run --list", "what a trained run can do"),
    ("pushforward queue add edm-eight-gaussians gan-ring-of-five", "queue trainings"),
    ("pushforward queue start", "train them, one after another"),
    ("pushforward trash list", "deleted runs and data sets"),
    ("pushforward computer test gpu-server:work", "whether another computer can be used, by ssh"),
    ("pushforward computer fetch gpu-server:work 0003-edm", "copy a run from there"),
    ("pushforward list models", "also datasets, samplers, metrics, methods, recipes"),
    ("pushforward show edm", "every setting with its bounds, help and source"),
    ("pushforward verify", "measure the claims of the papers against null models"),
    ("pushforward check", "check this installation (one minute)"),
)
"""Commands to copy, each with what it does, "" where that is plain."""

EXIT_STATUS = (
    ("0", "The command succeeded."),
    ("1", "The work failed: a training, a measurement, a claim of `verify`, or the output."),
    ("2", "The command line is wrong, or names something that does not exist. Nothing was done."),
    ("129", "Stopped by the end of the terminal (SIGHUP). A checkpoint is saved."),
    ("130", "Stopped by Ctrl+C (SIGINT). A training saves a checkpoint; a second one kills it."),
    ("143", "Stopped by SIGTERM. A training saves a checkpoint."),
)

FILES = (
    ("./pushforward-runs", "The project in which `run`, `race` and `queue` work without --out."),
    ("PROJECT/runs/NAME", "A run: settings, curves, checkpoints, snapshots and results."),
    ("PROJECT/data/NAME", "An imported data set, named project:NAME on the command line."),
    ("PROJECT/trash", "What was deleted, until `pushforward trash empty`."),
)

NOTES = (
    "`--resume` continues from the newest valid checkpoint. It is refused while another process "
    "trains the run. With `--set training.steps=N` the run ends at step N.",
    "Tables fit the width of the terminal. If the output is a pipe or a file, they have no colour "
    "and are not shortened. `--json` prints one JSON value instead; it is the stable format for "
    "scripts.",
    "In a checkout the program is `.venv/bin/pushforward` or `python -m pushforward`. Python's "
    "`-m` imports from the current folder first, so use the command in folders that you do not "
    "trust.",
)


def write_man(root: Command, version: str, date: str = "") -> str:
    """Return the manual page pushforward(1) in the man macros of roff.

    Args:
        root: the commands, from `read_commands`.
        version: of the program, for the footer.
        date: of the page, "" for none.
    """
    parts = [
        f'.TH PUSHFORWARD 1 "{_roff(date)}" "{_roff(version)}" "User Commands"',
        ".SH NAME",
        rf"pushforward \- {SUMMARY}",
        ".SH SYNOPSIS",
        ".B pushforward",
        r".RI [ COMMAND ] \ [ OPTIONS ]",
        ".SH DESCRIPTION",
        *_roff_text(root.description),
        ".SH OPTIONS",
        *_roff_arguments(root.options),
        ".SH COMMANDS",
    ]
    for command in _leaves(root):
        parts += [f'.SS "{_roff(command.usage)}"', *_roff_text(_description(command))]
        parts += _roff_arguments(_documented(command))
    parts += [".SH EXIT STATUS", *_roff_pairs(EXIT_STATUS), ".SH FILES", *_roff_pairs(FILES)]
    parts += [".SH NOTES", *(line for note in NOTES for line in (*_roff_text(note), ".PP"))][:-1]
    parts.append(".SH EXAMPLES")
    for line, does in EXAMPLES:
        parts += [".TP", f".B {_roff(line)}", _roff(does.capitalize() or "Generate samples") + "."]
    return "\n".join(parts) + "\n"


def write_markdown(root: Command) -> str:
    """Return ``docs/command-line.md``: examples, each command with its options, exit codes."""
    width = max(len(line) for line, _ in EXAMPLES if len(line) < 48)
    lines = [
        "# Command line",
        "",
        "<!-- Generated by `pushforward man --markdown`. Edit studio/cli instead. -->",
        "",
        "```sh",
        *(f"{line:{width}}  # {does}".rstrip() if does else line for line, does in EXAMPLES),
        "```",
        "",
    ]
    for note in NOTES:
        lines += [*textwrap.wrap(note, 100, break_on_hyphens=False), ""]
    lines += ["`pushforward completions bash`, `zsh` or `fish` prints completions for a shell;"]
    lines += ["`pushforward man | man -l -` shows this page in a terminal.", ""]
    lines += ["## Exit codes", "", "| code | meaning |", "|---|---|"]
    lines += [f"| {code} | {_cell(text)} |" for code, text in EXIT_STATUS]
    lines += ["", "## Files", "", "| path | content |", "|---|---|"]
    lines += [f"| `{path}` | {_cell(text)} |" for path, text in FILES]
    lines += ["", "## Commands", ""]
    for command in _leaves(root):
        lines += [f"### {' '.join(command.words)}", "", "```", command.usage, "```", ""]
        lines += [*_markdown_text(_description(command)), ""]
        if arguments := _documented(command):
            lines += ["| argument | meaning |", "|---|---|"]
            lines += [f"| `{_cell(a.usage)}` | {_cell(_help(a))} |" for a in arguments]
            lines.append("")
    return "\n".join(lines[:-1]) + "\n"


def _leaves(root: Command) -> Iterator[Command]:
    """Yield the commands that do something."""
    return (each for each in root.walk() if each.words and not each.commands)


def _documented(command: Command) -> list[Argument]:
    """Return the arguments of a command but for --help."""
    return [each for each in command.arguments if "--help" not in each.flags]


def _description(command: Command) -> str:
    return command.description.strip() or f"{command.summary[:1].upper()}{command.summary[1:]}."


def _help(argument: Argument) -> str:
    choices = f" One of {', '.join(argument.choices)}." if argument.choices else ""
    text = argument.help.strip()
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith('.') else '.'}{choices}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _markdown_text(text: str) -> list[str]:
    lines: list[str] = []
    for part in re.split(r"\n\s*\n", text.strip()):
        lines += [*textwrap.wrap(" ".join(part.split()), 100, break_on_hyphens=False), ""]
    return lines[:-1]


def _roff(text: str) -> str:
    """Return a text in which roff sees no command: backslashes, hyphens, quotes, leading dots."""
    plain = text.replace("\\", r"\(rs").replace("-", r"\-").replace('"', r"\(dq").replace("`", "")
    return rf"\&{plain}" if plain.startswith((".", "'")) else plain


def _roff_text(text: str) -> list[str]:
    lines: list[str] = []
    for part in re.split(r"\n\s*\n", text.strip()):
        lines += [*map(_roff, textwrap.wrap(" ".join(part.split()), 78)), ".PP"]
    return lines[:-1]


def _roff_pairs(pairs: "tuple[tuple[str, str], ...]") -> list[str]:
    return [line for head, text in pairs for line in (".TP", f".B {_roff(head)}", _roff(text))]


def _roff_arguments(arguments: list[Argument]) -> list[str]:
    return [
        line
        for each in arguments
        for line in (".TP", f".B {_roff(each.usage)}", *_roff_text(_help(each)))
    ]
