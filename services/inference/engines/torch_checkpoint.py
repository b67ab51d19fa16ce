"""Reads the tensors of a checkpoint from PyTorch before 1.6, without PyTorch and without running code of its pickle."""

import pickle
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

# By torch/serialization.py: the file begins with these two numbers, each as a separate pickle.
_MAGIC: Final = 0x1950A86A20F9469CFC6C
_PROTOCOL: Final = 1001


@dataclass(frozen=True, slots=True)
class _View:
    """A tensor as the pickle describes it: a range in a storage that follows the pickle."""

    storage: str
    offset: int
    shape: tuple[int, ...]
    stride: tuple[int, ...]


def _view(storage: str, offset: int, shape: tuple[int, ...], stride: tuple[int, ...], *_: object) -> _View:
    return _View(storage, offset, shape, stride)


class _Unpickler(pickle.Unpickler):
    """Accepts plain values, ordered dicts and float tensors, and refuses every other name."""

    _ADMITTED: Final[Mapping[tuple[str, str], Any]] = {
        ("collections", "OrderedDict"): OrderedDict,
        ("torch._utils", "_rebuild_tensor_v2"): _view,
        ("torch", "FloatStorage"): "float32",
    }

    def find_class(self, module: str, name: str) -> Any:
        try:
            return self._ADMITTED[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"the checkpoint names {module}.{name}, which is not a tensor") from None

    def persistent_load(self, pid: Any) -> str:
        return str(pid[2])


def _load(file: BinaryIO) -> Any:
    return _Unpickler(file).load()


def read_tensors(path: Path, entry: str) -> dict[str, NDArray[np.float32]]:
    """The named tensors under one key of a checkpoint, such as `model_state`.

    Raises: ValueError when the file is not such a checkpoint or names anything but tensors.
    """
    with path.open("rb") as file:
        try:
            if (_load(file), _load(file)) != (_MAGIC, _PROTOCOL):
                raise ValueError(f"{path.name} is not a checkpoint of PyTorch 0.4 to 1.5")
            _load(file)  # information about the machine that wrote the file
            views: Mapping[str, _View] = _load(file)[entry]
            order: Sequence[str] = _load(file)
        except (pickle.UnpicklingError, EOFError, KeyError, TypeError) as fault:
            raise ValueError(f"{path.name} cannot be read: {fault}") from fault
        storages: dict[str, NDArray[np.float32]] = {}
        for key in order:
            count = int(np.fromfile(file, "<i8", 1)[0])
            storages[key] = np.fromfile(file, "<f4", count)
    return {name: _tensor(storages[view.storage], view) for name, view in views.items()}


def _tensor(storage: NDArray[np.float32], view: _View) -> NDArray[np.float32]:
    last = view.offset + sum((size - 1) * step for size, step in zip(view.shape, view.stride, strict=True))
    if last >= len(storage):
        raise ValueError("a tensor of the checkpoint lies outside its storage")
    strides = [step * storage.itemsize for step in view.stride]
    return np.lib.stride_tricks.as_strided(storage[view.offset :], view.shape, strides, writeable=False).copy()
