"""Recognition and synthesis with NVIDIA Riva's services, on a Riva server or a NIM.

Uses the published gRPC stubs, because the streaming of the client library needs a thread for each call.
"""

import asyncio
import itertools
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from dataclasses import dataclass, field

import grpc
from livekit.agents.utils.aio.channel import Chan, ChanClosed, ChanFull
from riva.client.proto import riva_asr_pb2, riva_asr_pb2_grpc, riva_audio_pb2, riva_tts_pb2, riva_tts_pb2_grpc

from services.agent.speech.engine import Ask, EngineError, Samples, Transcript, Unreachable, fault_of
from services.agent.speech.wire.channel import Access, open_channel
from services.kit.reading.speakable import speakable

_HEARD_RATE_HZ = 16_000
_SPOKEN_RATE_HZ = 24_000
# NVIDIA's guide to word boosting recommends 20 to 100.
_BOOST = 20.0
# Most requests that wait to be sent, each 0.1 s of audio. A full queue means that the server has stopped reading.
_MAX_WAITING_REQUESTS = 512
_MAX_UNREAD_TRANSCRIPTS = 1024
# A server reports how much audio it has processed in steps of this length.
_CHUNK_SECONDS = 0.1
# Deadline of one synthesis call, for the longest text. Its pieces come much sooner and have their own deadlines.
_TEXT_SECONDS = 60.0


class Riva:
    """A client of one endpoint; `close` it when the call ends."""

    def __init__(self, address: str, access: Access | None = None) -> None:
        access = access or Access()
        self._channel = open_channel(address, access)
        self.metadata = access.metadata
        self.recognition = riva_asr_pb2_grpc.RivaSpeechRecognitionStub(self._channel)
        self.synthesis = riva_tts_pb2_grpc.RivaSpeechSynthesisStub(self._channel)

    async def close(self) -> None:
        """Closes all streams and the channel."""
        await self._channel.close()


@dataclass(eq=False)
class _Utterance:
    """One call of StreamingRecognize.

    last_id: of its newest request. snapshots: (id, seconds of audio that its answer must cover).
    """

    requests: Chan[riva_asr_pb2.StreamingRecognizeRequest]
    sent_seconds: float = 0.0
    last_id: str = ""
    snapshots: list[tuple[str, float]] = field(default_factory=list)
    flush_id: str = ""
    over: bool = False


class RivaRecogniser:
    """A recogniser's stream. Each utterance is one gRPC call, opened as soon as the one before ends.

    Riva has no flush: at the end of an utterance its call is half-closed, and the server sends the final transcript.
    Riva has no snapshot: the first interim transcript that covers the audio sent so far answers it.
    """

    def __init__(self, riva: Riva, model: str, language: str, keyterms: Sequence[str] = ()) -> None:
        self._riva = riva
        contexts = [riva_asr_pb2.SpeechContext(phrases=keyterms, boost=_BOOST)] if keyterms else []
        config = riva_asr_pb2.RecognitionConfig(
            encoding=riva_audio_pb2.AudioEncoding.LINEAR_PCM,
            sample_rate_hertz=_HEARD_RATE_HZ,
            audio_channel_count=1,
            language_code=language,
            model=model,
            max_alternatives=1,
            enable_automatic_punctuation=True,
            speech_contexts=contexts,
        )
        self._config = riva_asr_pb2.StreamingRecognitionConfig(config=config, interim_results=True)
        self._heard = Chan[Transcript](_MAX_UNREAD_TRANSCRIPTS)
        self._fault: EngineError = Unreachable("the stream to Riva is closed")
        self._ids = itertools.count(1)
        self._readers: set[asyncio.Task[None]] = set()
        self._utterance = self._begin()

    @property
    def broken(self) -> bool:
        """Whether it accepts no more audio."""
        return self._heard.closed

    def send(self, audio: Sequence[Samples], ask: Ask = Ask.NOTHING) -> str:
        """Queues a request. Returns its id. Raises: EngineError."""
        if self._heard.closed:
            raise self._fault
        # The server ends a call that waits too long for audio.
        if self._utterance.over:
            self._utterance = self._begin()
        utterance, request_id = self._utterance, str(next(self._ids))
        utterance.last_id = request_id
        if audio:
            self._put(
                utterance, riva_asr_pb2.StreamingRecognizeRequest(audio_content=b"".join(part.data for part in audio))
            )
            utterance.sent_seconds += sum(part.size for part in audio) / _HEARD_RATE_HZ
        if ask is Ask.SNAPSHOT:
            utterance.snapshots.append((request_id, utterance.sent_seconds))
        elif ask is Ask.FINAL:
            utterance.flush_id = request_id
            utterance.requests.close()
            self._utterance = self._begin()
        return request_id

    async def replies(self) -> AsyncIterator[Transcript]:
        """Transcripts until the stream ends. It always ends with an EngineError."""
        async for heard in self._heard:
            yield heard
        raise self._fault

    def close(self) -> None:
        """Closes the stream. Audio that is not yet recognised is dropped."""
        self._heard.close()
        for reader in self._readers:
            reader.cancel()

    def _begin(self) -> _Utterance:
        utterance = _Utterance(Chan[riva_asr_pb2.StreamingRecognizeRequest](_MAX_WAITING_REQUESTS))
        self._put(utterance, riva_asr_pb2.StreamingRecognizeRequest(streaming_config=self._config))
        reader = asyncio.create_task(self._read(utterance), name="riva-transcripts")
        self._readers.add(reader)
        reader.add_done_callback(self._readers.discard)
        return utterance

    @staticmethod
    def _put(utterance: _Utterance, request: riva_asr_pb2.StreamingRecognizeRequest) -> None:
        try:
            utterance.requests.send_nowait(request)
        except (ChanFull, ChanClosed):
            raise Unreachable("Riva has stopped reading audio") from None

    async def _read(self, utterance: _Utterance) -> None:
        call = self._riva.recognition.StreamingRecognize(utterance.requests, metadata=self._riva.metadata)
        settled: list[str] = []
        seconds = 0.0
        try:
            async for response in call:
                if not response.results:
                    continue
                said = [each.alternatives[0].transcript.strip() for each in response.results if each.alternatives]
                final = [each.is_final for each in response.results if each.alternatives]
                text = " ".join(filter(None, [*settled, *said]))
                settled += [words for words, is_final in zip(said, final, strict=True) if is_final]
                covered = max(each.audio_processed for each in response.results)
                seconds = covered or utterance.sent_seconds
                self._tell(utterance, text, seconds)
        except grpc.aio.AioRpcError as fault:
            # A call that got no audio was only kept ready: its end is no error.
            if utterance.sent_seconds:
                self._end(fault_of(fault))
        else:
            if utterance.flush_id:
                text = " ".join(filter(None, settled))
                self._put_heard(Transcript(text, Ask.FINAL, utterance.flush_id, seconds or utterance.sent_seconds))
            elif utterance.sent_seconds:
                self._end(Unreachable("Riva ended the stream within an utterance"))
        finally:
            utterance.over = True
            utterance.requests.close()

    def _tell(self, utterance: _Utterance, text: str, seconds: float) -> None:
        answered = [name for name, wanted in utterance.snapshots if seconds >= wanted - _CHUNK_SECONDS]
        utterance.snapshots = utterance.snapshots[len(answered) :]
        for name in answered:
            self._put_heard(Transcript(text, Ask.SNAPSHOT, name, seconds))
        if not answered and not utterance.flush_id:
            self._put_heard(Transcript(text, Ask.NOTHING, utterance.last_id, seconds))

    def _put_heard(self, heard: Transcript) -> None:
        try:
            self._heard.send_nowait(heard)
        except ChanFull:
            self._end(EngineError("too many unread transcripts from Riva"))
        except ChanClosed:
            pass

    def _end(self, fault: EngineError) -> None:
        if not self._heard.closed:
            self._fault = fault
            self._heard.close()


class RivaVoice:
    """A voice. Each text is one gRPC call on the endpoint's channel, because only a call can be stopped."""

    broken = False

    def __init__(self, riva: Riva, voice: str, language: str) -> None:
        self._riva = riva
        self._request = riva_tts_pb2.SynthesizeSpeechRequest(
            voice_name=voice,
            language_code=language,
            encoding=riva_audio_pb2.AudioEncoding.LINEAR_PCM,
            sample_rate_hz=_SPOKEN_RATE_HZ,
        )
        self._calls: set[grpc.aio.StreamStreamCall[object, object]] = set()

    async def speak(self, text: str) -> AsyncGenerator[bytes, None]:
        """Yields 16-bit mono PCM at 24 kHz as it is made. Closing the generator stops the work. Raises: EngineError.

        Riva would read markup and symbols aloud, so it gets only words. A text without words is not sent.
        """
        readable = speakable(text, self._request.language_code)
        if not readable:
            return
        request = riva_tts_pb2.SynthesizeSpeechRequest(text=readable)
        request.MergeFrom(self._request)
        requests = Chan[riva_tts_pb2.SynthesizeSpeechRequest]()
        requests.send_nowait(request)
        requests.close()
        call = self._riva.synthesis.SynthesizeOnline(requests, metadata=self._riva.metadata, timeout=_TEXT_SECONDS)
        self._calls.add(call)
        try:
            async for response in call:
                if response.audio:
                    yield response.audio
        except grpc.aio.AioRpcError as fault:
            raise fault_of(fault) from None
        finally:
            self._calls.discard(call)
            call.cancel()

    def close(self) -> None:
        """Stops all running texts."""
        for call in self._calls:
            call.cancel()
