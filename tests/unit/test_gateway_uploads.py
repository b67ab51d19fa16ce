"""Files that arrive at the same moment (contract 14.12: limits)."""

from contextlib import ExitStack

import pytest

from services.gateway.requests.upload import Uploads
from services.kit.errors import CallboxError, Code

AT_ONCE = 16


def test_one_file_more_than_there_is_room_for_is_refused_and_room_comes_back() -> None:
    uploads = Uploads()
    with ExitStack() as arriving:
        for _ in range(AT_ONCE):
            arriving.enter_context(uploads.slot())
        with pytest.raises(CallboxError) as refused, uploads.slot():
            pass
        assert refused.value.code is Code.AT_CAPACITY
        assert refused.value.retry_after_seconds
    with uploads.slot():
        pass
