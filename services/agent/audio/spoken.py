"""Finds how much of an interrupted reply the caller heard, for the history."""

import re
from typing import Any

from livekit import rtc
from livekit.agents.types import USERDATA_TIMED_TRANSCRIPT
from livekit.agents.voice import io

# Scripts that are written without blanks: Thai, Lao, Burmese, Khmer, Japanese, Chinese.
_UNSPACED = "\u0e01-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\uff66-\uff9f"
# Punctuation and vowel signs that belong to the character before them.
_FOLLOWING = "\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u3001-\u3004\u3008-\u301f\u30fc\uff01-\uff65"
_WORD = re.compile(rf"[{_UNSPACED}][{_FOLLOWING}]*|[^\s{_UNSPACED}]+")
_NO_BLANK_AFTER = re.compile(rf"[{_UNSPACED}{_FOLLOWING}]")


def heard(clauses: list[tuple[str, float]], total_seconds: float, played_seconds: float) -> str:
    """The words that were heard up to a moment; characters in scripts without blanks.

    clauses: (text, second at which it begins) in order. The last clause is cut in proportion to the time played.
    """
    ends = [*(start for _, start in clauses[1:]), total_seconds]
    whole = ""
    for (text, start), end in zip(clauses, ends, strict=False):
        if played_seconds <= start:
            break
        spoken = " ".join(text.split())
        if played_seconds < end:
            words = list(_WORD.finditer(spoken))
            count = int(len(words) * (played_seconds - start) / (end - start))
            spoken = spoken[: words[count - 1].end()] if count else ""
        if whole and spoken and not _NO_BLANK_AFTER.match(whole[-1]):
            whole += " "
        whole += spoken
    return whole


class SpokenOutput(io.AudioOutput):
    """An output stage that knows which audio contains which clause."""

    def __init__(self, next_in_chain: io.AudioOutput) -> None:
        super().__init__(
            label="Spoken",
            next_in_chain=next_in_chain,
            sample_rate=next_in_chain.sample_rate,
            capabilities=io.AudioOutputCapabilities(pause=True),
        )
        self._clauses: list[tuple[str, float]] = []
        self._captured_seconds = 0.0

    async def capture_frame(self, frame: rtc.AudioFrame) -> None:
        """Notes the clauses that begin with this frame, and forwards it."""
        await super().capture_frame(frame)
        for clause in frame.userdata.get(USERDATA_TIMED_TRANSCRIPT, []):
            self._clauses.append((str(clause), self._captured_seconds))
        self._captured_seconds += frame.duration
        assert self.next_in_chain is not None
        await self.next_in_chain.capture_frame(frame)

    def flush(self) -> None:
        """Ends a reply."""
        super().flush()
        assert self.next_in_chain is not None
        self.next_in_chain.flush()

    def clear_buffer(self) -> None:
        """Drops the audio that has not been played."""
        assert self.next_in_chain is not None
        self.next_in_chain.clear_buffer()

    def on_playback_finished(self, *, playback_position: float, interrupted: bool, **_: Any) -> None:
        """Forwards the end of a reply; for an interrupted reply, with the text that was heard."""
        clauses, total = self._clauses, self._captured_seconds
        self._clauses, self._captured_seconds = [], 0.0
        text = heard(clauses, total, playback_position) if interrupted and clauses else None
        super().on_playback_finished(
            playback_position=playback_position, interrupted=interrupted, synchronized_transcript=text
        )
