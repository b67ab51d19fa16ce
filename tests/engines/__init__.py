"""The engines that hear and speak, each alone, without Triton: they compute, and nothing in them depends on time."""
