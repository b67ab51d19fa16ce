"""Speech on Triton: the model repository, its engines and the launcher of `tritonserver`."""
