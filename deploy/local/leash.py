"""Ties a process to the one that started it, then becomes the command.

`python -I -S leash.py PARENT SIGNAL UID GID COMMAND ARGUMENT…`: when process PARENT dies, whatever way, the command
gets SIGNAL. UID and GID of -1 mean: as they are. Runs before anything else is installed or imported.
"""

import ctypes
import os
import sys

_PR_SET_PDEATHSIG = 1


def main(words: list[str]) -> None:
    """Never returns: becomes the command or ends."""
    parent, signal_number, uid, gid = (int(word) for word in words[:4])
    if uid >= 0:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal_number, 0, 0, 0)
        if os.getppid() != parent:
            # It died before the tie was made.
            os._exit(1)
    os.execvp(words[4], words[4:])  # noqa: S606 - the command is the runner's own


if __name__ == "__main__":
    main(sys.argv[1:])
