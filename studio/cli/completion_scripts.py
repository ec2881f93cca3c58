"""Completion scripts for bash, zsh and fish, generated from the commands.

They contain the words of this version: completing starts no Python.
"""

import re
from collections.abc import Callable, Mapping, Sequence

from pushforward.studio.cli.command_tree import Argument, Command

__all__ = ["SHELLS", "known_values", "write_bash", "write_fish", "write_zsh"]

Values = Mapping[str, Sequence[str]]


def known_values() -> dict[str, list[str]]:
    """Return the names that an argument may have, by its placeholder."""
    from pushforward.studio.cli.list import LISTS
    from pushforward.studio.methods import methods
    from pushforward.studio.resources import recipes

    named = [recipe.slug for recipe in recipes()]
    shown = sorted({*named, *(method.slug for method in methods())})
    targets = dict.fromkeys(("RECIPE_OR_RUN", "RECIPE_OR_SPEC"), named)
    return {"WHAT": list(LISTS), "SLUG": shown, **targets}


def write_bash(root: Command, values: Values) -> str:
    """Return a script for bash."""
    cases = [line for command in root.walk() for line in _bash_case(command, values)]
    paths = [" ".join(c.words) for c in root.walk() if c.words]
    return f"""# bash completion of pushforward
_pushforward() {{
  local cur prev path="" word words="" flags="" files=0
  cur="${{COMP_WORDS[COMP_CWORD]}}"
  prev="${{COMP_WORDS[COMP_CWORD-1]}}"
  COMPREPLY=()
  for word in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
    case "${{path:+$path }}$word" in
      {"|".join(map(_quoted, paths))}) path="${{path:+$path }}$word" ;;
    esac
  done
  case "$path" in
{chr(10).join(cases)}
  esac
  [[ $cur == -* ]] && words=$flags
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
  if [[ $files == 1 && $cur != -* ]]; then
    COMPREPLY+=($(compgen -f -- "$cur"))
  fi
}}
complete -o filenames -F _pushforward pushforward
"""


def _bash_case(command: Command, values: Values) -> list[str]:
    """Return the branch of a command: the values of its options, else its words."""
    after = []
    for option in command.options:
        names = "|".join(option.flags)
        if option.choices:
            fixed = _quoted(" ".join(option.choices))
            after.append(f"        {names}) words={fixed}; files=0 ;;")
        elif option.value:
            after.append(f"        {names}) words=''; files={int(_has_files(option))} ;;")
    flags = [flag for option in command.options for flag in option.flags]
    words, files = _words(command, values)
    lines = [f"    {_quoted(' '.join(command.words))})"]
    lines.append(f"      words={_quoted(' '.join(words))}; files={int(files)}")
    lines.append(f"      flags={_quoted(' '.join(flags))}")
    if after:
        lines += ['      case "$prev" in', *after, "      esac"]
    return [*lines, "      ;;"]


def write_zsh(root: Command, values: Values) -> str:
    """Return a script for zsh, to be named ``_pushforward`` in a folder of ``$fpath``."""
    functions = [_zsh_function(command, values) for command in root.walk()]
    return "\n".join(["#compdef pushforward", "", *functions, '_pushforward "$@"', ""])


def _zsh_function(command: Command, values: Values) -> str:
    specs = []
    for option in command.options:
        text = _zsh_text(option.help)
        for flag in option.flags:
            action = f":{option.value}:{_zsh_action(option, values)}" if option.value else ""
            specs.append(f"'{'*' * option.many}{flag}[{text}]{action}'")
    if command.commands:
        specs += ["'1: :->command'", "'*:: :->arguments'"]
    for place, each in enumerate(command.positionals, 1):
        head = "*" if each.many else f"{place}:" if each.optional else f"{place}"
        specs.append(f"'{head}:{each.value}:{_zsh_action(each, values)}'")
    name = "_".join(["_pushforward", *command.words])
    body = [f"{name}() {{", "  local context state line", "  typeset -A opt_args"]
    body.append("  _arguments -C \\\n    " + " \\\n    ".join(specs))
    if command.commands:
        listed = " ".join(f"'{c.words[-1]}:{_zsh_text(c.summary)}'" for c in command.commands)
        body += [
            "  case $state in",
            f"    command) local -a commands=({listed}); _describe command commands ;;",
            f"    arguments) (( $+functions[{name}_$line[1]] )) && {name}_$line[1] ;;",
            "  esac",
        ]
    return "\n".join([*body, "}", ""])


def _zsh_action(argument: Argument, values: Values) -> str:
    words = " ".join(argument.choices or (() if argument.flags else values.get(argument.value, ())))
    if not _has_files(argument):
        return f"({words})" if words else ""
    return f"{{compadd -- {words}; _files}}" if words else "_files"


def write_fish(root: Command, values: Values) -> str:
    """Return a script for fish."""
    lines = ["# fish completion of pushforward", "complete -c pushforward -f"]
    for command in root.walk():
        below = " ".join(each.words[-1] for each in command.commands)
        # `list` is a command and a subcommand of others, which must not be there then.
        above = [c.words[0] for c in root.walk() if c.words[1:] == command.words != ()]
        seen = [f"__fish_seen_subcommand_from {word}" for word in command.words]
        unseen = [f"not __fish_seen_subcommand_from {words}" for words in (below, *above) if words]
        here = "; and ".join([*seen, *unseen])
        condition = f" -n '{here}'" if here else ""
        for each in command.commands:
            about = _fish_text(each.summary)
            lines.append(f"complete -c pushforward{condition} -a {each.words[-1]} -d '{about}'")
        for option in command.options:
            flags = " ".join(
                f"-l {f[2:]}" if f.startswith("--") else f"-s {f[1:]}" for f in option.flags
            )
            fixed = f" -a '{' '.join(option.choices)}'" if option.choices else ""
            value = (" -r -F" if _has_files(option) else " -x") if option.value else ""
            about = _fish_text(option.help)
            lines.append(f"complete -c pushforward{condition} {flags}{value}{fixed} -d '{about}'")
        words, files = _words(command, values)
        named = [word for word in words if word not in below.split()]
        if named:
            lines.append(f"complete -c pushforward{condition} -a '{' '.join(named)}'")
        if files:
            lines.append(f"complete -c pushforward{condition} -F")
    return "\n".join(lines) + "\n"


SHELLS: dict[str, Callable[[Command, Values], str]] = {
    "bash": write_bash,
    "zsh": write_zsh,
    "fish": write_fish,
}


def _words(command: Command, values: Values) -> tuple[list[str], bool]:
    """Return the words that may follow a command, and whether files may."""
    words = [each.words[-1] for each in command.commands]
    for each in command.positionals:
        words += each.choices or values.get(each.value, ())
    return words, any(map(_has_files, command.positionals))


def _has_files(argument: Argument) -> bool:
    if argument.flags:
        return argument.is_path
    return argument.is_path or argument.value in ("RECIPE_OR_RUN", "RECIPE_OR_SPEC", "FILE", "SLUG")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def _zsh_text(text: str) -> str:
    plain = re.sub(r"[\[\]:'`\\$]", lambda m: {"'": "’", "`": "’"}.get(m[0], f"\\{m[0]}"), text)
    return " ".join(plain.split())


def _fish_text(text: str) -> str:
    return " ".join(text.split()).replace("\\", "\\\\").replace("'", "\\'")
