"""HTTP and addresses: limits on what comes in, and the guarded client for what goes out."""
