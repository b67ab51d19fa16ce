"""gRPC between our services: server, client, and what travels with a request."""
