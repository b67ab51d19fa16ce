"""The types of messages."""

SESSION_STARTED = "session.started"
SESSION_ENDED = "session.ended"
FORM_SUBMITTED = "form.submitted"
DOCUMENT_PROCESSED = "document.processed"

KINDS = (SESSION_STARTED, SESSION_ENDED, FORM_SUBMITTED, DOCUMENT_PROCESSED)
