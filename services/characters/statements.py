"""SQL of characters and their versions. Each statement is a constant, so that a test can explain its plan."""

# ruff: noqa: S608 - the parts of statements are the constants below

_COLUMNS = (
    "c.seq, c.id, c.slug, c.tenant_id, c.created_by, c.version, c.created_at, v.created_at as updated_at, v.definition"
)
_NEWEST = "characters c join versions v on v.character_id = c.id and v.version = c.version"
_BY_ID, _BY_SLUG = "c.id = $1 and c.deleted_at is null", "c.slug = $1 and c.deleted_at is null"

INSERT_CHARACTER = """insert into characters (id, slug, tenant_id, created_by, version, search)
    values ($1, $2, $3, $4, 1, $5)"""
INSERT_VERSION = """insert into versions (character_id, version, definition, secrets, changed, bytes, media, created_by)
    values ($1, $2, $3, $4, $5, $6, $7, $8)"""
READ_CHARACTER = f"select {_COLUMNS} from {_NEWEST} where c.id = $1"
READ_CHARACTER_WITH_SECRETS = f"select {_COLUMNS}, v.secrets from {_NEWEST} where c.id = $1"
FIND_BY_ID = f"select {_COLUMNS} from {_NEWEST} where {_BY_ID}"
FIND_BY_SLUG = f"select {_COLUMNS} from {_NEWEST} where {_BY_SLUG}"
_ACCESS_RULES = f"""select c.id, c.slug, c.version, c.tenant_id,
        coalesce((v.definition -> 'is_active')::boolean, true) as is_active,
        coalesce(v.definition -> 'allowed_origins', '[]') as allowed_origins
    from {_NEWEST}"""
FIND_ACCESS_RULES_BY_ID = f"{_ACCESS_RULES} where {_BY_ID}"
FIND_ACCESS_RULES_BY_SLUG = f"{_ACCESS_RULES} where {_BY_SLUG}"
READ_APPEARANCE = "select definition -> 'widget_appearance' from versions where character_id = $1 and version = $2"
# $1 tenant, $2 `seq` below, $3 text, $4 rows to skip, $5 most rows, $6 most bytes of definitions before a row.
LIST_CHARACTERS = f"""with chosen as (
        select seq from characters where tenant_id = $1 and seq < $2 and deleted_at is null and strpos(search, $3) > 0
        order by seq desc offset $4 limit $5 + 1
    )
    select * from (
        select {_COLUMNS}, sum(v.bytes) over newest_first - v.bytes as bytes_before,
            row_number() over newest_first as place, lead(c.seq) over newest_first is not null as more
        from chosen join characters c using (seq) join versions v
            on v.character_id = c.id and v.version = c.version
        window newest_first as (order by c.seq desc)
    ) page where bytes_before < $6 and place <= $5 order by seq desc"""
COUNT_CHARACTERS = """select count(*) from characters
    where tenant_id = $1 and deleted_at is null and strpos(search, $2) > 0"""
# Locked first and read second: a join would lock the row but show the version from before the wait.
LOCK_BY_ID = f"select c.id, c.tenant_id from characters c where {_BY_ID} for no key update"
LOCK_BY_SLUG = f"select c.id, c.tenant_id from characters c where {_BY_SLUG} for no key update"
SET_NEWEST_VERSION = "update characters set version = version + 1, search = $2 where id = $1"
DELETE_CHARACTER = """update characters set deleted_at = now()
    where id = $1 and deleted_at is null and version = coalesce($2, version)"""
DELETE_CHARACTERS_OF_TENANT = "update characters set deleted_at = now() where tenant_id = $1 and deleted_at is null"
LIST_VERSIONS = """select version, created_at, created_by, changed from versions
    where character_id = $1 and version < $2 order by version desc offset $4 limit $3"""
COUNT_VERSIONS = "select count(*) from versions where character_id = $1"
READ_VERSION = """select character_id, version, created_by, created_at, changed, definition, secrets
    from versions where character_id = $1 and version = $2"""
READ_SECRETS = "select secrets from versions where character_id = $1 and version = $2"
LIST_SECRETS = """select character_id, version, secrets from versions
    where (character_id, version) > ($1, $2) and secrets <> '{}' order by character_id, version limit $3"""
REPLACE_SECRETS = "update versions set secrets = $4 where character_id = $1 and version = $2 and secrets = $3"
# The newest version of $3 days ago may still serve a call that began with it.
DELETE_OLD_VERSIONS = """delete from versions where character_id = $1 and version <= $2 and version < (
        select max(version) from versions
        where character_id = $1 and created_at < now() - make_interval(days => $3)
    )"""
FIND_SLUGS_OF_TENANT = "select slug from characters where tenant_id = $1 and slug = any($2) and deleted_at is null"
# Locked, so that no file is deleted that a new version refers to again.
LOCK_MEDIA = "select name from media where character_id = $1 and name = any($2) for share"
