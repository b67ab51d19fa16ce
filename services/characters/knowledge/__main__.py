"""Runs the process that reads documents: `python -m services.characters.knowledge`."""

from services.characters.knowledge.app import serve
from services.characters.knowledge.settings import KnowledgeSettings
from services.kit.process import run

if __name__ == "__main__":
    run("knowledge", KnowledgeSettings, serve)
