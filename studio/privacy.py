"""Remove private information from text.

The home folder becomes ``~``, each project a number, user, machine and accounts on servers a word,
and every other folder that is not the system's or Python's ``<path>``. Replacements are consistent,
so that related things stay related.
"""

import getpass
import json
import os
import platform
import re
import socket
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

from pushforward.studio import home
from pushforward.studio.literal import one_line

__all__ = ["Scrubber"]

# Folders that are the same on every machine.
PUBLIC = ("usr", "lib", "lib64", "bin", "sbin", "proc", "sys", "dev", "etc", "System")
LETTER = r"[^\W_]"
# A word may follow on a character that a log or JSON has written out.
BEFORE = rf"(?:(?<=\\[nrt])|(?<=\\x[0-9a-f]{{2}})|(?<=\\u[0-9a-f]{{4}})|(?<!{LETTER}))"
_QUOTED = re.compile(r"""(["'])((?:/|[A-Za-z]:[\\/]|\\\\)[^"'\n]*)\1""")
_PART = r"[^\s\"'`<>|,;()\[\]{}]"
_START = r"(?:(?<=file://)|(?<=:)(?!//)|(?<![\w<>~/\\.:]))"
# A public path ends where it certainly ends: what follows may be an option with another path.
_PUBLIC = rf"/(?:{'|'.join(PUBLIC)})(?:/[\w./+-]*|(?!{_PART}))"
# A path on a disk, or on a server (\\server\share, //server/share); it goes on after a space where
# the next word is the rest of the name of a folder, or of a file with an extension.
_BARE = re.compile(
    rf"{_START}(?:(?P<public>{_PUBLIC})|"
    r"(?:/(?=\w)|[A-Za-z]:[\\/]|\\\\(?=\w)|//(?=\w))"
    rf"{_PART}*(?: (?!and/or\b)(?:(?![/\\]){_PART})+[/\\]{_PART}*)*"
    rf"(?:(?<!\.\w)(?<!\.\w\w)(?<!\.\w\w\w)(?<!\.\w\w\w\w) [\w-]+\.\w{{1,5}}(?![\w.]))?)"
)
# What names a server: an account on it (also an e-mail address), or a URL that is no web page.
_ACCOUNT = re.compile(r"[\w.+-]+(?::[^\s@/]*)?@[\w-]+(?:\.[\w-]+)*")
_SERVER = re.compile(rf"\b(?!https?://|file://)([A-Za-z][\w+.-]*)://{_PART}+")
_INSIDE = re.compile(r"(<project \d+>[\\/]+(data|runs|trash)[\\/]+)([^\s\\/\"',:;]+)")


class Scrubber:
    """Knows the user, the machine, and project folders. ``projects`` are folders; the first one is
    project 1. ``names`` are words to replace, such as names of projects.
    """

    def __init__(
        self, projects: Iterable[Path] = (), names: Mapping[str, str] | None = None
    ) -> None:
        pairs = [
            (form, f"<project {n}>") for n, path in enumerate(projects, 1) for form in _forms(path)
        ]
        known = (
            (str(home.moved() or ""), "<studio home>"),
            (str(Path(__file__).parents[2]), "<studio>"),
            *(
                (prefix, "<python>")
                for prefix in (sys.prefix, sys.base_prefix)
                if _is_private_prefix(prefix)
            ),
            (str(Path.home()), "~"),
            (os.environ.get("HOME", ""), "~"),
            (os.environ.get("USERPROFILE", ""), "~"),
        )
        pairs += [(form, put) for path, put in known if path for form in _forms(Path(path))]
        self._paths = _table(pairs)
        self._words = _words([*(names or {}).items(), *_people(), *_machines()])

    def __call__(self, text: str) -> str:
        """Return the text without private information."""
        for pattern, put in self._paths:
            text = pattern.sub(put, text)
        text = _SERVER.sub(r"\1://<path>", text)
        text = _ACCOUNT.sub("<user>@<host>", text)
        text = _QUOTED.sub(_quoted, text)
        text = _BARE.sub(_bare, text)
        text = _INSIDE.sub(_inside, text)
        for pattern, put in self._words:
            text = pattern.sub(put, text)
        return text


def _is_private_prefix(prefix: str) -> bool:
    """Whether a Python lies in a place of its own, rather than in the system's, as in /usr."""
    return Path(prefix).parent != Path(Path(prefix).anchor)


def _forms(path: Path) -> set[str]:
    """Return the spellings of a folder: plain, without links, in a URL, with doubled slashes."""
    found: set[str] = set()
    for each in {str(path), str(path.absolute()), os.path.realpath(path)}:
        if len(Path(each).parts) < 2:
            continue  # a root: it would take all paths apart
        slashed = each.replace("\\", "/")
        found |= {each, slashed, each.replace("\\", "\\\\"), quote(slashed)}
    return found


def _table(pairs: Iterable[tuple[str, str]]) -> list[tuple[re.Pattern[str], str]]:
    """Return patterns, the longest first: a project in the home folder is a project."""
    first: dict[str, str] = {}
    for text, put in pairs:
        first.setdefault(text, put)
    flags = re.IGNORECASE if sys.platform in ("win32", "darwin") else 0
    return [
        (re.compile(rf"{re.escape(text)}(?![\w-])", flags), put)
        for text, put in sorted(first.items(), key=lambda pair: -len(pair[0]))
    ]


def _words(pairs: Iterable[tuple[str, str]]) -> list[tuple[re.Pattern[str], str]]:
    """Return patterns for whole words, ignoring case."""
    return [
        (re.compile(rf"{BEFORE}{re.escape(word)}(?!{LETTER})", re.IGNORECASE), put)
        for word, put in sorted(_spellings(pairs), key=lambda pair: -len(pair[0]))
    ]


def _spellings(pairs: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    """Return each word plain, as in logs, and as in JSON."""
    return {
        (spelt, put)
        for word, put in pairs
        if word.strip()
        for spelt in (word, one_line(word, None), json.dumps(word, ensure_ascii=False)[1:-1])
    }


def _people() -> list[tuple[str, str]]:
    """Return the names of the user: of the account, of its folder, and the one in full."""
    names = {os.environ.get(key, "") for key in ("USER", "LOGNAME", "USERNAME")}
    names.add(Path.home().name)
    with suppress(KeyError, OSError):  # an account without a name, as in some containers
        names.add(getpass.getuser())
    if sys.platform != "win32":
        import pwd

        with suppress(KeyError):
            names.add(pwd.getpwuid(os.getuid()).pw_gecos.split(",")[0])
    return [(name, "<user>") for name in names if name]


def _machines() -> list[tuple[str, str]]:
    """Return the names of this machine, with and without its domain."""
    names = {platform.node(), socket.gethostname(), os.environ.get("COMPUTERNAME", "")}
    names |= {name.partition(".")[0] for name in names}
    return [(name, "<host>") for name in names if name and name != "localhost"]


def _is_public(path: str) -> bool:
    first = path.lstrip("/").partition("/")[0]
    return path.startswith("/") and not path.startswith("//") and first in PUBLIC


def _quoted(found: re.Match[str]) -> str:
    mark, path = found.group(1), found.group(2)
    return found.group() if _is_public(path) else f"{mark}<path>{mark}"


def _bare(found: re.Match[str]) -> str:
    return found["public"] or "<path>"


def _inside(found: re.Match[str]) -> str:
    """Keep of a run's folder its number, of a data set's nothing."""
    number = found.group(3)[:4]
    return found.group(1) + (number if number.isdecimal() else "<name>")
