"""Keys of e-mails that are the same for all spellings of one mailbox."""

import unicodedata
from contextlib import suppress

import email_validator
import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    connection = op.get_bind()
    # Of every other address the key stays as it is.
    respelled = connection.execute(
        sa.text("select id, email from users where octet_length(email) <> char_length(email) or email ilike '%xn--%'")
    ).all()
    keys = {user_id: _key(email) for user_id, email in respelled}
    set_key = sa.text("update users set email_key = :key where id = :id")
    # Two may change places.
    for user_id in keys:
        connection.execute(set_key, {"id": user_id, "key": f"\n{user_id}"})
    wanted = sa.text("select email_key from users where email_key = any(:keys)")
    taken = set(connection.execute(wanted, {"keys": list(keys.values())}).scalars())
    # Of two accounts of one mailbox, the one spelled like the key has it, else the older one; the other keeps its own
    # spelling, and logs in by that alone.
    for user_id, email in sorted(respelled, key=lambda user: (user.email.lower() != keys[user.id], user.id)):
        key = email.lower() if keys[user_id] in taken else keys[user_id]
        connection.execute(set_key, {"id": user_id, "key": key})
        taken.add(key)


def _key(email: str) -> str:
    with suppress(email_validator.EmailNotValidError):
        email = email_validator.validate_email(email, check_deliverability=False, globally_deliverable=False).normalized
    return unicodedata.normalize("NFC", email.lower())
