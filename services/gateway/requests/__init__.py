"""What a request carries: its body, credential, conditions and client address."""
