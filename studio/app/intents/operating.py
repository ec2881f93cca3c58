"""What a run can do, asked by a view: an answer at once, with nothing written."""

from typing import Any

from studio.app.intents.base import Answer, Intents
from studio.protocol.messages import Operate

__all__ = ["OperatingIntents"]


class OperatingIntents(Intents):
    """Intents about operators."""

    async def ask(
        self,
        key: str,
        operator: str,
        *,
        config: dict[str, Any] | None = None,
        inputs: dict[str, Any] | None = None,
    ) -> Answer:
        """Do with a run what an operator can; return {"step", "note"} with the arrays.

        Raises:
            Refused: it cannot be done, or the run has no checkpoint yet.
        """
        return await self.link.ask(
            Operate(
                run=key, operator=operator, config=config or {}, inputs=inputs or {}, inline=True
            )
        )
