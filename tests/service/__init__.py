"""One service over real gRPC on real PostgreSQL and Redis."""
