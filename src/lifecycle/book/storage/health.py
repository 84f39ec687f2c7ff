"""Checks of a database server: whether it meets the needs of a book of record."""

from collections.abc import Iterator

from lifecycle.book.storage.book_storage import Check
from lifecycle.journal.postgresql.holders import holders
from lifecycle.journal.postgresql.recorder import JournalRecorder

_SETTINGS = """
SELECT current_setting('server_version'), pg_is_in_recovery(), current_setting('fsync'),
       current_setting('full_page_writes'), current_setting('data_checksums'),
       current_setting('synchronous_commit'), current_setting('synchronous_standby_names')
"""
LOCK_SECONDS = 10
"""A client that holds the append lock for longer is reported."""
_STANDBYS = """
SELECT application_name, state, sync_state, coalesce(pg_wal_lsn_diff(sent_lsn, replay_lsn), 0)::bigint
  FROM pg_stat_replication ORDER BY application_name
"""


def checks(recorder: JournalRecorder, *, standby: bool) -> Iterator[Check]:
    """Yield the checks of the server. ``standby``: whether a standby must confirm each commit."""
    version, in_recovery, fsync, full_pages, checksums, commit, names = recorder.rows(_SETTINGS)[0]
    yield Check("server", True, f"PostgreSQL {version}, a {'standby' if in_recovery else 'primary'}")
    on_disk = fsync == "on" and full_pages == "on" and commit not in ("off", "local" if names else "off")
    detail = f"fsync {fsync}, full_page_writes {full_pages}, synchronous_commit {commit}"
    yield Check("commits are on disk before they are acknowledged", on_disk, detail)
    yield Check("pages have checksums", checksums == "on", f"data_checksums {checksums}")
    yield _append_lock(recorder)
    if not in_recovery:
        yield _standbys(recorder, commit, names, needed=standby)


def _append_lock(recorder: JournalRecorder) -> Check:
    """Check that no client holds the append lock for long, because all others that record wait for it."""
    holding = [
        holder for holder, seconds in holders(recorder.rows) if seconds is None or seconds >= LOCK_SECONDS
    ]
    detail = "; ".join(holding) or "the append lock is free"
    return Check("nobody keeps others from recording", not holding, detail)


def _standbys(recorder: JournalRecorder, commit: str, names: str, *, needed: bool) -> Check:
    standbys = recorder.rows(_STANDBYS)
    confirmed = any(state == "streaming" and sync in ("sync", "quorum") for _, state, sync, _ in standbys)
    detail = "; ".join(
        f"{name}: {state or 'unseen: it needs pg_read_all_stats'}, sync_state {sync}, {lag:,} bytes behind"
        for name, state, sync, lag in standbys
    )
    check_name = "a standby confirms each commit"
    if not needed and not names:
        return Check(check_name, True, detail or "there is none, and none is asked for")
    is_well = confirmed and commit == "remote_apply"
    wanted = (
        "" if is_well else " (wanted: synchronous_commit remote_apply, and one that is streaming and sync)"
    )
    return Check(check_name, is_well, f"synchronous_commit {commit}; {detail or 'there is none'}{wanted}")
