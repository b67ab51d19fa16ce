"""`callbox call`: one call from the terminal."""

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from caller.caller import Caller, NoAnswer
from caller.connection import JoinFailed
from caller.recording import Recording
from caller.session import Grant, Refused, Sessions, Target
from caller.speech import Line, SpeechError, from_file, from_text
from caller.turn import Turn
from cli.microphone import Microphone, NoDevice
from cli.option_order import in_order
from cli.transcript import Transcript

EXIT_USAGE = 2
EXIT_REFUSED = 3
EXIT_NO_ANSWER = 4
EXIT_INTERRUPTED = 130
_ROOT = Path(__file__).resolve().parent.parent


@dataclass
class Outcome:
    """Result of a call."""

    session_id: str
    turns: list[Turn] = field(default_factory=list)
    end_reason: str | None = None
    failure: str = ""
    interrupted: bool = False

    def as_json(self) -> dict[str, Any]:
        """The call as `--json` prints it."""
        turns = [turn.as_json() for turn in self.turns]
        return {"session_id": self.session_id, "turns": turns, "end_reason": self.end_reason}


def call(
    slug: Annotated[str, typer.Argument(help="Slug or id of the character to call.")],
    say: Annotated[list[str] | None, typer.Option(help="A line to speak; may be given several times.")] = None,
    wav: Annotated[
        list[Path] | None,
        typer.Option(exists=True, dir_okay=False, help="A sound file to speak; may be mixed with --say."),
    ] = None,
    mic: Annotated[bool, typer.Option("--mic", help="Speak with this machine's microphone until Ctrl-C.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of the transcript.")] = False,
    save: Annotated[Path | None, typer.Option(help="Write a stereo WAV: caller left, agent right.")] = None,
    base_url: Annotated[
        str | None, typer.Option(envvar="CALLBOX_BASE_URL", help="Address of the gateway; default: the demo's.")
    ] = None,
    api_key: Annotated[str | None, typer.Option(envvar="CALLBOX_API_KEY", help="API key; default: the demo's.")] = None,
) -> None:
    """Calls a character and speaks each line when the answer to the one before is over.

    Exit status: 0 every line was answered, 2 wrong usage, 3 the call was refused, 4 a line got no answer.
    """
    lines = in_order(sys.argv, {"--say": list(say or []), "--wav": [str(path) for path in wav or []]})
    if not lines and not mic:
        _stop("There is nothing to say: give --say TEXT, --wav FILE or --mic.", EXIT_USAGE)
    if lines and mic:
        _stop("--mic speaks by itself: leave out --say and --wav.", EXIT_USAGE)
    try:
        spoken = [from_text(value) if kind == "--say" else from_file(Path(value)) for kind, value in lines]
        target = Target.found(Path(os.environ.get("CALLBOX_DATA_DIR", _ROOT / ".callbox")), base_url, api_key)
        outcome = asyncio.run(_call(target, slug, spoken, as_json, save))
    except (SpeechError, NoDevice) as fault:
        _stop(str(fault), EXIT_USAGE)
    except Refused as refusal:
        _stop(f"{refusal.message} {refusal.hint}".strip(), EXIT_REFUSED)
    except JoinFailed as fault:
        _stop(str(fault), EXIT_REFUSED)
    except OSError as fault:
        _stop(f"The recording could not be kept: {fault}.", EXIT_REFUSED)
    except KeyboardInterrupt:
        raise typer.Exit(EXIT_INTERRUPTED) from None
    if as_json:
        print(json.dumps(outcome.as_json(), ensure_ascii=False))
    if outcome.failure:
        _stop(outcome.failure, EXIT_NO_ANSWER)
    if outcome.interrupted and not mic:
        raise typer.Exit(EXIT_INTERRUPTED)


async def _call(target: Target, slug: str, lines: Sequence[Line], as_json: bool, save: Path | None) -> Outcome:
    console = Console(quiet=as_json, highlight=False)
    transcript = Transcript(console)
    recording = Recording() if save else None
    with contextlib.ExitStack() as devices:
        microphone = None if lines else devices.enter_context(Microphone())
        async with Sessions(target) as sessions:
            grant = await sessions.start(slug)
            transcript.note(f"session {grant.session_id}")
            outcome = Outcome(grant.session_id)
            try:
                async with _joined(sessions, grant, transcript, recording) as caller:
                    await _converse(caller, lines, microphone, outcome, transcript)
            except NoAnswer as fault:
                outcome.failure = str(fault)
            except asyncio.CancelledError:
                # Ctrl-C: the call has already been ended; still report its end reason.
                outcome.interrupted = True
                if (task := asyncio.current_task()) is not None:
                    task.uncancel()
            finally:
                if recording and save:
                    recording.write(save)
            with contextlib.suppress(Refused):
                outcome.end_reason = (await sessions.ended(grant.session_id)).get("end_reason")
            transcript.note(f"ended: {outcome.end_reason or 'not yet told'}")
    return outcome


@contextlib.asynccontextmanager
async def _joined(
    sessions: Sessions, grant: Grant, transcript: Transcript, recording: Recording | None
) -> AsyncIterator[Caller]:
    """The caller in the room. An exception ends the session at once, so that its slot is free."""
    caller = Caller(grant, transcript.take)
    if recording:
        caller.uplink.taps.append(recording.add_caller)
        caller.downlink.taps.append(recording.add_agent)
    try:
        async with caller:
            yield caller
    except NoAnswer:
        raise
    except BaseException:
        with contextlib.suppress(Refused):
            await sessions.end(grant.session_id)
        raise


async def _converse(
    caller: Caller, lines: Sequence[Line], microphone: Microphone | None, outcome: Outcome, transcript: Transcript
) -> None:
    if microphone:
        caller.uplink.hear_from(microphone.frames)
        caller.downlink.taps.append(microphone.play)
    await caller.greeting()
    for line in lines:
        try:
            turn = await caller.say(line)
        except NoAnswer:
            outcome.turns.append(caller.unanswered(line))
            raise
        outcome.turns.append(turn)
        transcript.turn(turn)
    while microphone:
        turn = await caller.next_turn()
        outcome.turns.append(turn)
        transcript.turn(turn)


def _stop(sentence: str, status: int) -> None:
    print(f"callbox call: {sentence}", file=sys.stderr)
    raise typer.Exit(status)
