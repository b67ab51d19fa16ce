"""Who may have a character: its owner to change it, and whom its owner lets in to see or call it."""

from collections.abc import Sequence

from services.characters.store import Store, Stored
from services.kit.errors import CallboxError, Code, not_found
from services.kit.identity import Identity, Kind
from services.kit.net.origins import is_allowed
from services.kit.rpc.context import current_user

WHAT = "Character"


async def own(store: Store, slug_or_id: str) -> Stored:
    """The character, if it is one of the user who asks.

    Raises: CallboxError `not_found`, `not_authenticated`.
    """
    user = current_user()
    stored = await store.find(slug_or_id)
    if stored is None or not user.may_see(stored.tenant_id):
        raise not_found(WHAT)
    return stored


def admit(
    identity: Identity, tenant_id: str, allowed_origins: Sequence[str] | None, *, is_active: bool, deed: str
) -> None:
    """Lets who asks go on with an active character: a service, a user of its tenant, a page of one of its origins.

    allowed_origins: None admits every page. deed: what is asked for, as in "this web site may not …".
    Raises: CallboxError `not_found`, `origin_not_allowed`.
    """
    if not is_active or (identity.kind is Kind.USER and not identity.may_see(tenant_id)):
        raise not_found(WHAT)
    if (
        identity.kind is Kind.VISITOR
        and allowed_origins is not None
        and not is_allowed(identity.origin, allowed_origins)
    ):
        raise CallboxError(
            Code.ORIGIN_NOT_ALLOWED,
            f"This web site may not {deed} this character; its owner can add it to allowed_origins.",
        )
