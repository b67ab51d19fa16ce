"""`python -m services.sessions` runs the service."""

from services.kit.process import run
from services.sessions.app import serve
from services.sessions.settings import SessionsSettings

run("sessions", SessionsSettings, serve)
