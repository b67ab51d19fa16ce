"""What a conversation needs of the world round it.

A call gives it a LiveKit room and sessions; a test or a simulation gives it something else.
"""

from typing import Protocol

from callbox.sessions.v1 import sessions_pb2 as pb
from livekit.agents import AgentSession

from services.agent.audio.bridge import BridgeOutput
from services.agent.client.messages import Outgoing
from services.agent.client.router import Router


class Clients(Protocol):
    """Messages to the clients of a call, and from the caller's (contract 6)."""

    @property
    def router(self) -> Router:
        """Where handlers of the caller's messages are added."""
        ...

    def send(self, message: Outgoing) -> None:
        """Leaves a message to be sent; does not wait."""
        ...

    async def drain(self, seconds: float) -> None:
        """Sends what still waits, for `seconds` at most."""
        ...


class Sound(Protocol):
    """The audio of the caller and of the agent."""

    async def attach(self, session: AgentSession[None]) -> BridgeOutput:
        """Sets the session's audio input and output, before it is started; answers the first stage on the way out."""
        ...

    async def close(self) -> None:
        """Ends both directions."""
        ...


class Journal(Protocol):
    """The history of the call: every event is kept."""

    def add(self, event: pb.SessionEvent) -> None:
        """Numbers and dates an event and leaves it to be stored."""
        ...


class Live(Protocol):
    """How the call goes on, for who watches it: only the newest counts."""

    def state(self, state: str) -> None:
        """What the agent does."""
        ...

    def partial(self, role: "pb.Role.ValueType", text: str, turn_index: int) -> None:
        """What somebody has said so far in a turn."""
        ...

    def final(self, role: "pb.Role.ValueType") -> None:
        """The turn is over and is told as an event."""
        ...
