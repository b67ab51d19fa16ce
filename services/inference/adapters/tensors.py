"""Reads and checks the tensors of a request, and writes those of a response."""

import json
import threading
from typing import Any, Final

import numpy as np
import triton_python_backend_utils as pb
from numpy.typing import NDArray

from services.inference.protocol import INVALID_INPUT

SEQUENCE_START: Final = 1
SEQUENCE_END: Final = 2


class InvalidInput(ValueError):
    """The client sent an invalid input. The message says which, and starts with the protocol's `INVALID_INPUT`."""

    def __init__(self, sentence: str) -> None:
        super().__init__(f"{INVALID_INPUT} {sentence}")


def parameters(args: dict[str, str]) -> dict[str, str]:
    """The `parameters` of the model's config.pbtxt, as plain strings."""
    config: dict[str, Any] = json.loads(args["model_config"])
    return {name: entry["string_value"] for name, entry in config.get("parameters", {}).items()}


def _values(request: Any, name: str) -> NDArray[Any] | None:
    tensor = pb.get_input_tensor_by_name(request, name)
    return None if tensor is None else tensor.as_numpy().reshape(-1)


def audio(request: Any, name: str, max_samples: int) -> NDArray[np.float32]:
    """A copy of an audio input: float32 [n], clipped to -1..1. Raises InvalidInput."""
    values = _values(request, name)
    if values is None:
        return np.zeros(0, np.float32)
    if len(values) > max_samples:
        raise InvalidInput(
            f"`{name}` has {len(values)} samples, at most {max_samples} fit in one request: send it in pieces"
        )
    if not np.isfinite(values).all():
        raise InvalidInput(f"`{name}` holds NaN or infinity: send samples between -1 and 1")
    return np.clip(values, -1.0, 1.0).astype(np.float32, copy=True)


def number(request: Any, name: str, default: float) -> float:
    """One finite number. Raises InvalidInput."""
    values = _values(request, name)
    if values is None:
        return default
    if len(values) != 1 or not np.isfinite(values[0]):
        raise InvalidInput(f"`{name}` must be one finite number")
    return float(values[0])


def text(request: Any, name: str) -> str | None:
    """One UTF-8 string, None when the input is absent. Raises InvalidInput."""
    values = _values(request, name)
    if values is None:
        return None
    if len(values) != 1:
        raise InvalidInput(f"`{name}` must be one string, got {len(values)}")
    try:
        return bytes(values[0]).decode("utf-8")
    except UnicodeDecodeError as problem:
        raise InvalidInput(f"`{name}` is not UTF-8") from problem


def texts(request: Any, name: str) -> list[str]:
    """Every UTF-8 string of an input of shape [n, 1]. Raises InvalidInput."""
    values = _values(request, name)
    if values is None:
        raise InvalidInput(f"`{name}` is missing")
    try:
        return [bytes(value).decode("utf-8") for value in values]
    except UnicodeDecodeError as problem:
        raise InvalidInput(f"`{name}` is not UTF-8") from problem


def string_output(name: str, value: str) -> Any:
    """A STRING [1, 1] output."""
    return pb.Tensor(name, np.array([[value.encode()]], np.object_))


def output(name: str, value: float | NDArray[Any], dtype: type[np.generic]) -> Any:
    """A numeric output of shape [1, n]."""
    return pb.Tensor(name, np.ascontiguousarray(np.asarray(value, dtype).reshape(1, -1)))


def failure(problem: str) -> Any:
    """A response with an error and no outputs."""
    return pb.InferenceResponse(error=pb.TritonError(problem))


_open_senders: set[Any] = set()
_open_lock = threading.Lock()  # guards the set


def sender_of(request: Any) -> Any:
    """The sender for the responses of a request. `fail_all` knows it until `send` has sent its final response."""
    sender = request.get_response_sender()
    with _open_lock:
        _open_senders.add(sender)
    return sender


def fail_all(problem: str) -> None:
    """Answer every request that has no final response yet with an error."""
    with _open_lock:
        senders = list(_open_senders)
    for sender in senders:
        send(sender, failure(problem), final=True)


def send(sender: Any, response: Any | None, final: bool) -> None:
    """Send a response, or only the end of the stream. It is not an error when the client has disconnected."""
    flags = pb.TRITONSERVER_RESPONSE_COMPLETE_FINAL if final else 0
    if final:
        with _open_lock:
            _open_senders.discard(sender)
    try:
        if response is None:
            sender.send(flags=flags)
        else:
            sender.send(response, flags=flags)
    except pb.TritonModelException as problem:
        pb.Logger.log_info(f"a response was not delivered, the client has disconnected: {problem}")
