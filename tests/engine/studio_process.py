"""A studio without a window: starts an engine and a training, and waits to be killed.

Arguments: the engine's script, the project, the run's spec as JSON. Once the training runs, it
prints the engine's process id and the run folder.
"""

import asyncio
import sys

import msgspec

from pushforward.studio.client.child import ChildProcess
from pushforward.studio.client.client import EngineClient
from pushforward.studio.protocol import messages as m
from pushforward.studio.protocol.spec import RunSpec


async def main(engine: str, project: str, spec: str) -> None:
    client = EngineClient(lambda: ChildProcess([sys.executable, engine]))
    going = asyncio.Event()

    def heard(event: m.Event, arrays: object) -> None:
        if isinstance(event, m.CheckpointWritten):
            going.set()

    client.subscribe(heard)
    await client.start()
    command = m.StartTraining(spec=msgspec.json.decode(spec, type=RunSpec), project=project)
    answer = await client.request(command)
    await going.wait()
    sys.stdout.write(f"{client.state.pid} {answer.result['run']}\n")
    sys.stdout.flush()
    await asyncio.sleep(60)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
