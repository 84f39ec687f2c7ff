"""Checkpoints, quarantined rows and quarantined answers for JSON."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lifecycle.journal.left_out.quarantined import Quarantined, QuarantinedRefusal
    from lifecycle.seal.notes import Checkpoint


def checkpoint_json(checkpoint: "Checkpoint") -> dict[str, Any]:
    """Return the checkpoint without its signatures."""
    return {
        "origin": checkpoint.origin,
        "entries": checkpoint.size,
        "root": checkpoint.root.hex(),
        "refusals": checkpoint.refusals,
        "refusals_root": checkpoint.refusals_root.hex(),
    }


def row_json(row: "Quarantined") -> dict[str, Any]:
    """Return the quarantined row, what is wrong with it, and who set it aside."""
    quarantine = row.event
    return {
        "entry": row.name,
        "position": row.position,
        "fault": quarantine.fault,
        "by": quarantine.actor,
        "on": quarantine.on.isoformat(),
        "reason": quarantine.reason,
        "quarantined_in": row.by.name,
    }


def quarantined_refusal_json(answer: "QuarantinedRefusal") -> dict[str, Any]:
    """Return the quarantined answer, what is wrong with it, and who set it aside."""
    quarantine = answer.event
    return {
        "answer": answer.number,
        "command_id": quarantine.answered,
        "fault": quarantine.fault,
        "by": quarantine.actor,
        "on": quarantine.on.isoformat(),
        "reason": quarantine.reason,
        "quarantined_in": answer.by.name,
    }
