"""The event types that webhooks report (contract 14.11)."""

SESSION_STARTED = "session.started"
SESSION_ENDED = "session.ended"
FORM_SUBMITTED = "form.submitted"
DOCUMENT_PROCESSED = "document.processed"

EVENT_TYPES = (SESSION_STARTED, SESSION_ENDED, FORM_SUBMITTED, DOCUMENT_PROCESSED)
