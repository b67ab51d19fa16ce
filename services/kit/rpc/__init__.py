"""gRPC between services: server, client and request context."""
