"""`python -m services.inference` serves the speech models; `render` only makes their folder and prints its path."""

import sys

from services.inference.launcher import launch
from services.inference.profile import read_profile
from services.inference.settings import InferenceSettings
from services.inference.workspace import SetupError, prepare


def main(arguments: list[str]) -> int:
    """Exit status: 2 for a wrong command or setting, 1 for a missing part. Does not return when it serves."""
    if arguments not in ([], ["render"]):
        sys.stderr.write("usage: python -m services.inference [render]\n")
        return 2
    try:
        settings = InferenceSettings()
        if not arguments:
            launch(settings)
        workspace = prepare(read_profile(settings.inference_profile), settings.data_dir)
    except SetupError as problem:
        sys.stderr.write(f"inference: {problem}\n")
        return 1
    except ValueError as problem:
        sys.stderr.write(f"inference: {problem}\n")
        return 2
    sys.stdout.write(f"{workspace.models}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
