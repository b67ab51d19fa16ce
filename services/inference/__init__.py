"""Speech on Triton: the model repository, its engines and the launcher of `tritonserver`."""

import os

# onnxruntime would report its use to its maker and keep a database for that in HOME. It reads this when it is imported.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
