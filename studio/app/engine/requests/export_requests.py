"""Taking results away: samples, weights, the command that reproduces a run."""

import asyncio
import shlex
from pathlib import Path

import msgspec

from pushforward.studio.app.core.data_type_registry import kind_of
from pushforward.studio.app.core.export_rows import Taking
from pushforward.studio.app.core.notices import Notice
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.engine.requests import project_files
from pushforward.studio.app.engine.requests.request_base import Intents
from pushforward.studio.protocol.messages import ExportWeights, ShareFlow, WriteReport
from pushforward.studio.protocol.spec import Recipe, RunSpec
from pushforward.studio.workflows.command_line import command_for

__all__ = ["ExportIntents"]


class ExportIntents(Intents):
    """Intents about what leaves the studio."""

    def open(self) -> None:
        """Ask what of the selected run is to be written, and where to."""
        self.state.window.export.emit()

    async def rows(self, taking: Taking, file: str, *, overwrite: bool) -> str:
        """Let rows be written as a job, whose name is returned; a file that is there is replaced
        only where the person has agreed to it.

        Raises:
            Refused: it cannot be done so.
        """
        answer = await self.link.ask(taking.command(file, overwrite=overwrite))
        return str((answer.result or {}).get("job", ""))

    def weights(self, run: str, file: str) -> None:
        """Write the averaged weights of a run's newest checkpoint, replacing an existing file: the
        save dialog has asked.
        """
        self._do(self._weights(run, file), "The weights were not exported", run=run)

    async def _weights(self, key: str, file: str) -> None:
        await self.link.ask(ExportWeights(run=key, file=file, overwrite=True))
        self.state.notices.post(Notice(level="good", text=f"{Path(file).name} is written"))

    def share(self, command: ShareFlow | WriteReport) -> None:
        """Write runs as something to show, as a job; the dialog for saving has asked whether a file
        may be replaced.
        """
        title = f"{Path(command.file).name} was not written"
        self._do(self._share(command), title, run=command.runs[0])

    async def _share(self, command: ShareFlow | WriteReport) -> None:
        await self.link.ask(command)

    def command(self) -> str:
        """Return the command that reproduces what is selected, "" if nothing is. A run that was
        changed while training is repeated from its folder; `recipe` writes a file of it.
        """
        run, draft = self.state.runs.current, self.state.draft
        if run is not None:
            return self.command_of(run)
        return self._command_for(draft.spec) if draft is not None else ""

    def command_of(self, run: RunState) -> str:
        """Return the command that reproduces a run, "" of one that is not known yet."""
        if run.edits:
            # Its changes do not fit on a line; its folder holds them.
            return shlex.join(["pushforward", "run", run.key])
        return self._command_for(run.spec) if run.spec is not None else ""

    def _command_for(self, spec: RunSpec) -> str:
        return command_for(spec, catalog=self.state.catalog, project=self.state.project)

    def recipe(self, key: str, file: str) -> None:
        """Write a run as a recipe: a file that trains it again, with all its changes."""
        run = self.state.runs.by_key.get(key)
        if run is not None and run.spec is not None:
            spec = msgspec.structs.replace(run.spec, edits=list(run.edits))
            work = self._save_recipe(run, spec, Path(file))
            self._do(work, "The recipe was not saved", run=run.key)

    async def _save_recipe(self, run: RunState, spec: RunSpec, path: Path) -> None:
        catalog = self.state.catalog
        entry = catalog.get("family", spec.family.slug) if catalog is not None else None
        recipe = Recipe(
            slug=path.stem,
            title=spec.name,
            summary=entry.summary if entry is not None else f"The run {run.name}.",
            teaches="",
            source=entry.source if entry is not None else "",
            kind=kind_of(spec.dataset, catalog).slug,
            expected_seconds=round(run.seconds, 1),
            run=spec,
        )
        await asyncio.to_thread(project_files.write_recipe, path, recipe)
        self.state.notices.post(
            Notice(
                level="good",
                text=f"{path.name} is written",
                why=f"pushforward run {shlex.quote(str(path))}",
            )
        )
