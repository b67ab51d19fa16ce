"""The fixed lines of one call, which it can speak without an engine."""

from collections.abc import AsyncIterator, Iterator, Mapping

from livekit import rtc
from livekit.agents.types import USERDATA_TIMED_TRANSCRIPT
from livekit.agents.voice.io import TimedString

from services.agent.speech.phrases import ENGLISH, PHRASES, Line
from services.agent.speech.recordings import Recording, RecordingFolder, base_language, recordings
from services.agent.speech.speaking import SAMPLE_RATE_HZ
from services.kit.catalogue import Catalogue

_FRAME_BYTES = SAMPLE_RATE_HZ // 50 * 2


class Lines:
    """The lines in the call's language and voice, as far as these recordings exist.

    Otherwise a line is spoken by the language's default voice, else by any voice in that language, else in the base
    language, else in English. language: BCP-47. voice: public name; empty for the language's default.
    """

    def __init__(self, folder: RecordingFolder, catalogue: Catalogue, language: str, voice: str = "") -> None:
        own = recordings(catalogue, language, voice)
        default, base = recordings(catalogue, language), recordings(catalogue, base_language(catalogue))
        self._missing = [recording for recording in own.values() if not folder.has(recording)]
        self._texts: dict[Line, str] = {}
        self._audio: dict[Line, bytes] = {}
        for line in Line:
            choices = _choices(folder, line, own, default, base)
            # Without any recording the line is silent, which ends no call.
            text, audio = next(choices, (PHRASES[ENGLISH][line], bytes(_FRAME_BYTES)))
            self._texts[line], self._audio[line] = text, audio

    @property
    def missing(self) -> list[Recording]:
        """The recordings in the call's language and voice that do not exist."""
        return self._missing

    def text(self, line: Line) -> str:
        """The text of a line."""
        return self._texts[line]

    def frames(self, line: Line) -> AsyncIterator[rtc.AudioFrame]:
        """The line as audio frames."""
        return pcm_frames(self._audio[line], self._texts[line])


async def pcm_frames(audio: bytes, text: str) -> AsyncIterator[rtc.AudioFrame]:
    """Splits 16-bit mono PCM at 24 kHz into frames of 20 ms, the last one padded. The first frame has all the text."""
    for start in range(0, len(audio), _FRAME_BYTES):
        data = audio[start : start + _FRAME_BYTES].ljust(_FRAME_BYTES, b"\0")
        frame = rtc.AudioFrame(data, SAMPLE_RATE_HZ, 1, _FRAME_BYTES // 2)
        if start == 0:
            frame.userdata[USERDATA_TIMED_TRANSCRIPT] = [TimedString(text)]
        yield frame


def _choices(
    folder: RecordingFolder,
    line: Line,
    own: Mapping[Line, Recording],
    default: Mapping[Line, Recording],
    base: Mapping[Line, Recording],
) -> Iterator[tuple[str, bytes]]:
    """Texts of a line with their audio, the best first."""
    for voices in ((own, default), (base,)):
        wanted = [recordings[line] for recordings in voices if line in recordings]
        for recording in wanted:
            if audio := folder.read(recording):
                yield recording.text, audio
        for recording in wanted[:1]:
            if audio := folder.read_any(line, recording.text):
                yield recording.text, audio
    if audio := folder.read_any(line, PHRASES[ENGLISH][line]):
        yield PHRASES[ENGLISH][line], audio
