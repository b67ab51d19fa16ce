"""`python -m services.agent` runs a worker."""

import os
import shutil
from pathlib import Path


def main() -> None:
    """Runs the worker. Its job processes write their metrics to one folder, which is emptied first."""
    folder = Path(os.environ.get("CALLBOX_DATA_DIR", ".callbox")) / "agent-metrics"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    # prometheus_client reads this when it is first imported.
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)
    from services.agent.app import serve
    from services.agent.settings import AgentSettings
    from services.kit.process import run

    run("agent", AgentSettings, serve)


if __name__ == "__main__":
    main()
