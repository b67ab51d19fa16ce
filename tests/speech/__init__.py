"""The speech models on a real tritonserver: accuracy, streaming, batching, faults."""
