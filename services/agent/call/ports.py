"""The interfaces that a conversation needs from its surroundings.

A call implements them with a LiveKit room and sessions; a test or a simulation can implement them differently.
"""

from typing import Protocol

from callbox.sessions.v1 import sessions_pb2 as pb
from livekit.agents import AgentSession

from services.agent.audio.bridge import BridgeOutput
from services.agent.client.messages import Outgoing
from services.agent.client.router import Router


class Clients(Protocol):
    """Messages to the clients of a call, and from the caller (contract 6)."""

    @property
    def router(self) -> Router:
        """The router to which handlers of the caller's messages are added."""
        ...

    def send(self, message: Outgoing) -> None:
        """Queues a message; does not wait."""
        ...

    async def drain(self, seconds: float) -> None:
        """Sends the queued messages, for at most `seconds`."""
        ...


class Sound(Protocol):
    """The audio of the caller and of the agent."""

    async def attach(self, session: AgentSession[None]) -> BridgeOutput:
        """Sets the session's audio input and output before it starts; returns the first output stage."""
        ...

    async def close(self) -> None:
        """Closes both directions."""
        ...


class Journal(Protocol):
    """The history of the call. Keeps every event."""

    def add(self, event: pb.SessionEvent) -> None:
        """Sets an event's number and time and queues it to be stored."""
        ...


class Live(Protocol):
    """The live state of the call, for those who watch it. Only the newest state is kept."""

    def state(self, state: str) -> None:
        """Sets what the agent does."""
        ...

    def partial(self, role: "pb.Role.ValueType", text: str, turn_index: int) -> None:
        """Sets the text of a turn so far."""
        ...

    def final(self, role: "pb.Role.ValueType") -> None:
        """Clears the partial text: the turn has ended and follows as an event."""
        ...
