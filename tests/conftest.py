"""What every test has: the real PostgreSQL and Redis for who asks, and a guard against leaks."""

pytest_plugins = [
    "tests.fixtures.identities",
    "tests.fixtures.leaks",
    "tests.fixtures.oidc_provider",
    "tests.fixtures.postgres",
    "tests.fixtures.redis",
]
