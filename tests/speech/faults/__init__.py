"""Speech servers that are killed, hang, or are asked the impossible: small servers, and tests that mostly wait."""
