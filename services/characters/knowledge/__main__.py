"""Runs the process that reads documents: `python -m services.characters.knowledge`."""

import os

# This process starts others while gRPC's threads run; gRPC's own handlers of fork then bring the child down at once.
os.environ["GRPC_ENABLE_FORK_SUPPORT"] = "0"

from services.characters.knowledge.app import serve
from services.characters.knowledge.settings import KnowledgeSettings
from services.kit.process import run

if __name__ == "__main__":
    run("knowledge", KnowledgeSettings, serve)
