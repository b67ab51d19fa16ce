"""The stages that audio passes through, from the caller's track and back to it."""
