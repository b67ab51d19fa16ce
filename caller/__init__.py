"""A scripted caller: starts a session over HTTP, joins its room, speaks lines and hears the answers."""
