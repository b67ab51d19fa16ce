"""Runs a command that gets a signal when its parent process dies (`PR_SET_PDEATHSIG`).

`python -I -S parent_death.py PARENT SIGNAL UID GID COMMAND ARGUMENT…`: the command gets SIGNAL when process PARENT
ends for any reason. UID and GID of -1 keep the current user. Uses the standard library only: it also runs as another
user, who may not be able to read the virtual environment.
"""

import ctypes
import os
import sys

_PR_SET_PDEATHSIG = 1


def tied(signal_number: int, uid: int = -1, gid: int = -1) -> list[str]:
    """What to put before a command, so that it gets the signal when the current process ends."""
    words = (os.getpid(), int(signal_number), uid, gid)
    return [sys.executable, "-I", "-S", __file__, *map(str, words)]


def main(words: list[str]) -> None:
    """Replaces this process with the command; never returns."""
    parent, signal_number, uid, gid = (int(word) for word in words[:4])
    if uid >= 0:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal_number, 0, 0, 0)
        if os.getppid() != parent:
            # The parent died before prctl took effect.
            os._exit(1)
    os.execvp(words[4], words[4:])  # noqa: S606 - the command is the runner's own


if __name__ == "__main__":
    main(sys.argv[1:])
