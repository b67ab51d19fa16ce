"""Sign-in with Google or another OpenID Connect provider."""
