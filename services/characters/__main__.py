"""Runs the characters service: `python -m services.characters`."""

from services.characters.app import serve
from services.characters.settings import CharactersSettings
from services.kit.process import run

if __name__ == "__main__":
    run("characters", CharactersSettings, serve)
