"""Pure cores; virtual time, no sleeps."""
