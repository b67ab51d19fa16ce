"""Microphone and loudspeaker of this machine."""

from collections import deque
from types import TracebackType
from typing import TYPE_CHECKING, Self

from caller.uplink import FRAME_SAMPLES
from caller.waveform import RATE_HZ, Samples

if TYPE_CHECKING:
    import sounddevice

# If one side is slower than the other, the oldest frame is dropped: a gap is better than more than 0.2 s of delay.
QUEUE_FRAMES = 20


class NoDevice(Exception):
    """There is no microphone or loudspeaker; the message says what to do."""


class Microphone:
    """Records 10 ms frames into `frames` and plays what `play` is given. A context manager: it owns both devices."""

    def __init__(self) -> None:
        self.frames: deque[Samples] = deque(maxlen=QUEUE_FRAMES)
        self._to_play: deque[Samples] = deque(maxlen=QUEUE_FRAMES)
        self._streams: list[sounddevice.InputStream | sounddevice.OutputStream] = []

    def __enter__(self) -> Self:
        try:
            import sounddevice
        except OSError:
            raise NoDevice(
                "PortAudio is not installed, so the microphone cannot be used: "
                "install it (apt-get install libportaudio2), or speak with --say or --wav."
            ) from None
        form = {"samplerate": RATE_HZ, "channels": 1, "dtype": "int16", "blocksize": FRAME_SAMPLES}
        try:
            self._streams.append(sounddevice.InputStream(callback=self._recorded, **form))
            self._streams.append(sounddevice.OutputStream(callback=self._wanted, **form))
            for stream in self._streams:
                stream.start()
        except (sounddevice.PortAudioError, ValueError) as fault:
            self.close()
            raise NoDevice(
                f"There is no microphone and loudspeaker to use ({fault}): plug one in, or speak with --say or --wav."
            ) from None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes the devices."""
        for stream in self._streams:
            stream.close()
        self._streams.clear()

    def play(self, samples: Samples, _at: float = 0.0) -> None:
        """Queues a frame for the loudspeaker."""
        self._to_play.append(samples)

    # PortAudio calls both in its own thread; append and popleft of a deque are atomic.
    def _recorded(self, data: Samples, *_: object) -> None:
        self.frames.append(data[:, 0].copy())

    def _wanted(self, out: Samples, *_: object) -> None:
        try:
            out[:, 0] = self._to_play.popleft()
        except IndexError:
            out[:, 0] = 0
