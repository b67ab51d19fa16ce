"""Which worker and which slot a call gets, and whether its tenant may have one more."""
