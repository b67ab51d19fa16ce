"""`python -m services.agent` runs a worker."""

import os
import tempfile


def main() -> None:
    """Runs the worker; its job processes count into files of a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="callbox-agent-metrics-") as folder:
        # Read by prometheus_client when it is first imported.
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
        from services.agent.app import serve
        from services.agent.settings import AgentSettings
        from services.kit.process import run

        run("agent", AgentSettings, serve)


if __name__ == "__main__":
    main()
