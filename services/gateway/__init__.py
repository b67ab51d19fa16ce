"""HTTP in, gRPC out: routes, credentials, envelopes, limits, OpenAPI, static web files. Keeps no state."""
