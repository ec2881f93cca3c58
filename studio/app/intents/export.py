"""Taking results away: samples, weights, the command that reproduces a run."""

import shlex
from pathlib import Path
from typing import Any

import msgspec

from studio.app.intents.base import Intents
from studio.app.state.notices import Notice
from studio.protocol.messages import ExportSamples, ExportWeights
from studio.protocol.spec import RunSpec

__all__ = ["ExportIntents", "command_line"]


class ExportIntents(Intents):
    """Intents about what leaves the studio."""

    def export_samples(self, file: str, n: int = 10_000, seed: int = 0) -> None:
        """Write n fresh samples of the selected run; the suffix (.csv .npz .h5) says how."""
        run = self.state.runs.current
        if run is not None:
            command = ExportSamples(run=run.key, file=file, n=n, seed=seed)
            self._tell(command, "The samples were not exported")

    def export_weights(self, file: str) -> None:
        """Write the averaged weights of the selected run's newest checkpoint."""
        run = self.state.runs.current
        if run is not None:
            self._do(self._weights(run.key, file), "The weights were not exported")

    async def _weights(self, key: str, file: str) -> None:
        await self.link.ask(ExportWeights(run=key, file=file))
        self.state.notices.post(Notice(level="good", text=f"{Path(file).name} is written"))

    def command(self) -> str:
        """Return the command that reproduces what is selected, "" if nothing is."""
        run = self.state.runs.current
        if self.state.place == "run" and run is not None:
            return f"pushforward run {shlex.quote(run.key)}"
        draft = self.state.draft
        if self.state.place == "setup" and draft is not None and draft.recipe is not None:
            return command_line(draft.recipe.slug, draft.recipe.run, draft.spec)
        return ""


def command_line(slug: str, before: RunSpec, after: RunSpec) -> str:
    """Return ``pushforward run SLUG --set ...`` for what differs from the recipe."""
    old, new = (_flat(msgspec.to_builtins(spec)) for spec in (before, after))
    words = ["pushforward", "run", slug]
    for path in sorted(new.keys() | old.keys()):
        if path in new and new[path] != old.get(path):
            words += ["--set", f"{path}={_text(new[path])}"]
    return shlex.join(words)


def _flat(data: Any, prefix: str = "") -> dict[str, Any]:
    if not isinstance(data, dict) or not data:
        return {prefix.removesuffix("."): data} if prefix else {}
    rows: dict[str, Any] = {}
    for name, value in data.items():
        rows |= _flat(value, f"{prefix}{name}.")
    return rows


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
