"""SQL of documents, their passages and the search. Each statement is a constant, so that a test can explain its plan.

PostgreSQL's job queue (pgqueuer) has statements of its own.
"""

# ruff: noqa: S608 - the parts of statements are the constants below

PENDING, PROCESSED, FAILED = "PENDING", "PROCESSED", "FAILED"
_COLUMNS = (
    "seq, id, character_id, tenant_id, name, file_type, file_key, url, status, attempts, chunk_count, error, notes, "
    "replaces, created_at"
)
_EVENT_COLUMNS = (
    "number, tenant_id, character_slug, document_id, name, file_type, file_key, status, chunk_count, error, notes, "
    "document_created_at, created_at"
)

INSERT_DOCUMENT = f"""insert into documents (id, character_id, tenant_id, name, file_type, file_key, url,
        replaces)
    select $1, c.id, $3, $4, $5, $6, $7, $8 from characters c where c.id = $2 and c.deleted_at is null
    returning {_COLUMNS}"""
LIST_DOCUMENTS = f"select {_COLUMNS} from documents where character_id = $1 and seq < $2 order by seq desc limit $3"
LIST_NEWEST_DOCUMENTS = f"""select d.* from unnest($1::text[]) as c (id) cross join lateral (
        select {_COLUMNS} from documents where character_id = c.id order by seq desc limit $2
    ) d order by d.seq desc"""
DELETE_DOCUMENT = "delete from documents where id = $1 and character_id = $2 returning file_key"
DOCUMENT_EXISTS = "select exists (select from documents where id = $1)"
READ_LANGUAGE = """select v.definition->>'language' from characters c
    join versions v on v.character_id = c.id and v.version = c.version where c.id = $1"""

START_ATTEMPT = f"""update documents set attempts = attempts + 1 where id = $1 and status = '{PENDING}'
    returning {_COLUMNS}"""
UNDO_ATTEMPT = "update documents set attempts = attempts - 1 where id = $1"
SET_FILE_TYPE = "update documents set name = $2, file_type = $3 where id = $1"
LOCK_PENDING = f"select id from documents where id = $1 and status = '{PENDING}' for update"
SET_STATUS = "update documents set status = $2, chunk_count = $3, error = $4, notes = $5 where id = $1"
# A replacing document that is read deletes the older ones of its name, also those that still wait.
DELETE_REPLACED = "delete from documents where character_id = $1 and name = $2 and seq < $3"
# `words` holds the identity of the character, behind a control character, and the words of the passage ($7) twice: as
# they are, and by the rules of the language.
INSERT_PASSAGE = """insert into chunks (document_id, character_id, page, text, words, embedding)
    values ($1, $2, $3, $4,
        array_to_tsvector(array[chr(1) || $2]) || to_tsvector('simple', $7) || to_tsvector($5::text::regconfig, $7),
        $6)"""

# Readers go on after the highest number they have seen, so events must be committed in the order of their numbers.
LOCK_EVENTS = "select pg_advisory_xact_lock(hashtext('callbox-document-events'))"
INSERT_EVENT = """insert into document_events (tenant_id, character_slug, document_id, name, file_type, file_key,
        status, chunk_count, error, notes, document_created_at)
    select d.tenant_id, c.slug, d.id, d.name, d.file_type, d.file_key, d.status, d.chunk_count, d.error, d.notes,
        d.created_at
    from documents d join characters c on c.id = d.character_id where d.id = $1"""
LIST_EVENTS = f"select {_EVENT_COLUMNS} from document_events where number > $1 order by number limit $2"

INSERT_UNUSED_FILE = "insert into discarded_files (file_key) values ($1) on conflict do nothing"
DELETE_UNUSED_FILE = "delete from discarded_files where file_key = $1"
LIST_UNUSED_FILES = """select file_key from discarded_files where discarded_at < now() - make_interval(secs => $1)
    order by discarded_at limit $2"""
LOCK_DOCUMENTS_WITHOUT_JOB = f"""select id from documents d where status = '{PENDING}'
    and created_at < now() - make_interval(secs => $1)
    and not exists (select 1 from pgqueuer q where q.payload = convert_to(d.id, 'UTF8'))
    for update skip locked"""
DELETE_DOCUMENTS_OF_DELETED_CHARACTERS = """delete from documents where character_id = any(array(
        select id from characters where deleted_at < now() - make_interval(secs => $1)))"""
DELETE_OLD_EVENTS = "delete from document_events where created_at < now() - make_interval(secs => $1)"
DELETE_OLD_QUEUE_LOG = "delete from pgqueuer_log where created < now() - make_interval(secs => $1)"
DELETE_OLD_QUEUE_STATISTICS = "delete from pgqueuer_statistics where created < now() - make_interval(secs => $1)"

COUNT_PASSAGES = "select coalesce(sum(chunk_count), 0) from documents where character_id = $1"
# `+ 0` keeps the planner from the index of vectors, so that it takes the index of characters.
FIND_NEAREST_EXACTLY = "select id from chunks where character_id = $1 order by (embedding <=> $2) + 0 limit $3"
FIND_NEAREST_BY_INDEX = "select id from chunks where character_id = $1 order by embedding <=> $2 limit $3"
# The scan goes on behind the filter until it has enough rows, so that other characters' passages cost time but not
# recall.
SET_INDEX_SCAN = "set local hnsw.ef_search = 400; set local hnsw.iterative_scan = strict_order"
# $1 character, $2 PostgreSQL's name of the language, $3 question, $4 most words, $5 most passages of a word, $6 limit.
# The weight of a word is high when few passages have it. Passages of equal score are ordered by what the question asks
# for as a web search would: all words, phrases in quotes, none with a minus.
FIND_BY_WORDS = """with asked as (
        select word from unnest(tsvector_to_array(to_tsvector($2::text::regconfig, $3))) word limit $4
    ), hits as (
        select word, hit.id from asked cross join lateral (
            select c.id from chunks c
            where c.words @@ (quote_literal(chr(1) || $1)::tsquery && plainto_tsquery('simple', word)) limit $5
        ) hit
    ), weights as (
        select word, ln(1 + $5::float8 / count(*)) as weight from hits group by word
    ), scored as (
        select id, sum(weight) as score from hits join weights using (word) group by id
        order by score desc limit $6 * 2
    )
    select id from scored join chunks using (id)
    order by score desc, words @@ websearch_to_tsquery($2::text::regconfig, $3) desc,
        ts_rank_cd(words, websearch_to_tsquery($2::text::regconfig, $3), 1) desc, id
    limit $6"""
READ_PASSAGES = """select c.id, c.text, c.page, d.name, d.id as document_id
    from chunks c join documents d on d.id = c.document_id where c.id = any($1::bigint[])"""
