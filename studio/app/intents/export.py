"""Taking results away: samples, weights, the command that reproduces a run."""

from pathlib import Path

from studio.app.intents.base import Intents
from studio.app.state.notices import Notice
from studio.cli.command import command_for
from studio.protocol.messages import ExportSamples, ExportWeights

__all__ = ["ExportIntents"]


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
        run, draft = self.state.runs.current, self.state.draft
        spec = run.spec if run is not None else draft.spec if draft is not None else None
        if spec is None:
            return ""
        return command_for(spec, catalog=self.state.catalog, project=self.state.project)
