"""SQL of the files of characters. Each statement is a constant, so that a test can explain its plan."""

# ruff: noqa: S608 - the parts of statements are the constants below

from services.characters.store import CALL_DAYS

# A row's key in the store of files, as an SQL expression; `store.file_key` is the same in Python.
FILE_KEY = "'characters/' || character_id || '/' || name"
# A file may be younger than the version that is being made for it.
_GRACE_HOURS = 1
_UNUSED = f"""select m.character_id, m.name from media m join characters c on c.id = m.character_id
    where (
        c.deleted_at < now() - make_interval(days => {CALL_DAYS})
        or (c.deleted_at is not null or m.created_at < now() - make_interval(hours => {_GRACE_HOURS}))
        and not exists (
            select from versions v where v.character_id = m.character_id and m.name = any(v.media)
        )
    )"""

INSERT = """insert into media (character_id, name, purpose, media_type, bytes, created_by)
    select id, $2, $3, $4, $5, $6 from characters where id = $1 and deleted_at is null
    on conflict (character_id, name) do update set created_at = now()"""
FIND = """select m.purpose, m.media_type, c.tenant_id, c.deleted_at is not null as deleted
    from media m join characters c on c.id = m.character_id where m.character_id = $1 and m.name = $2"""
LIST_UNUSED = f"{_UNUSED} order by m.created_at limit $1"
LOCK_UNUSED = f"{_UNUSED} and m.character_id = $1 and m.name = $2 for update of m skip locked"
DELETE = "delete from media where character_id = $1 and name = $2"
