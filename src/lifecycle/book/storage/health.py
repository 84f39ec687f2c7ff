"""Is a database server as a book of record needs it?"""

from collections.abc import Iterator

from lifecycle.book.storage.book_storage import Check
from lifecycle.journal.postgresql.holders import holders
from lifecycle.journal.postgresql.recorder import JournalRecorder

_SETTINGS = """
SELECT current_setting('server_version'), pg_is_in_recovery(), current_setting('fsync'),
       current_setting('full_page_writes'), current_setting('data_checksums'),
       current_setting('synchronous_commit'), current_setting('synchronous_standby_names')
"""
LONG = 10
"""Seconds for which nobody holds the append lock who is well."""
_STANDBYS = """
SELECT application_name, state, sync_state, coalesce(pg_wal_lsn_diff(sent_lsn, replay_lsn), 0)::bigint
  FROM pg_stat_replication ORDER BY application_name
"""


def checks(recorder: JournalRecorder, *, standby: bool) -> Iterator[Check]:
    """Each thing that was looked at. ``standby``: one must confirm each commit."""
    version, in_recovery, fsync, whole_pages, checksums, commit, names = recorder.rows(_SETTINGS)[0]
    yield Check("server", True, f"PostgreSQL {version}, a {'standby' if in_recovery else 'primary'}")
    on_disk = fsync == "on" and whole_pages == "on" and commit not in ("off", "local" if names else "off")
    told = f"fsync {fsync}, full_page_writes {whole_pages}, synchronous_commit {commit}"
    yield Check("commits are on disk before they are acknowledged", on_disk, told)
    yield Check("pages have checksums", checksums == "on", f"data_checksums {checksums}")
    yield _append_lock(recorder)
    if not in_recovery:
        yield _standbys(recorder, commit, names, needed=standby)


def _append_lock(recorder: JournalRecorder) -> Check:
    """To append takes a moment: a program that holds the lock for more seconds keeps all others waiting."""
    held = [(told, seconds) for told, seconds in holders(recorder.rows) if seconds is None or seconds >= LONG]
    told = "; ".join(words for words, _ in held)
    return Check("nobody keeps others from recording", not held, told or "the append lock is free")


def _standbys(recorder: JournalRecorder, commit: str, names: str, *, needed: bool) -> Check:
    found = recorder.rows(_STANDBYS)
    confirmed = any(state == "streaming" and sync in ("sync", "quorum") for _, state, sync, _ in found)
    told = "; ".join(
        f"{name}: {state or 'unseen: it needs pg_read_all_stats'}, sync_state {sync}, {behind:,} bytes behind"
        for name, state, sync, behind in found
    )
    what = "a standby confirms each commit"
    if not needed and not names:
        return Check(what, True, told or "there is none, and none is asked for")
    well = confirmed and commit == "remote_apply"
    wanted = "" if well else " (wanted: synchronous_commit remote_apply, and one that is streaming and sync)"
    return Check(what, well, f"synchronous_commit {commit}; {told or 'there is none'}{wanted}")
