"""The demo of `callbox up`: its two characters, its documents, and the server of its shop."""
