"""What every test has: the real PostgreSQL and Redis for who asks, a guard against leaks, and short pauses."""

pytest_plugins = [
    "tests.fixtures.garbage",
    "tests.fixtures.identities",
    "tests.fixtures.leaks",
    "tests.fixtures.oidc_provider",
    "tests.fixtures.postgres",
    "tests.fixtures.redis",
    "tests.fixtures.stacks",
]
