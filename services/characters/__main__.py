"""Runs the characters service: `python -m services.characters`; with `reseal` it encrypts every stored secret anew."""

import sys

from services.characters.app import reseal_all, serve
from services.characters.settings import CharactersSettings
from services.kit.process import run

COMMANDS = {(): serve, ("reseal",): reseal_all}

if __name__ == "__main__":
    command = COMMANDS.get(tuple(sys.argv[1:]))
    if command is None:
        sys.exit("usage: python -m services.characters [reseal]")
    run("characters", CharactersSettings, command)
