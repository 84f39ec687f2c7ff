"""How often each fault is tried (``taste``, ``full``, or ten times that: ``long``), and from which seed."""

import os

MODE = os.environ.get("FAULTS", "taste")
SEED = int(os.environ.get("FAULTS_SEED", "1"))


def times(taste: int, full: int) -> int:
    """Return how often a fault is tried."""
    counts = {"taste": taste, "full": full, "long": 10 * full}
    if MODE not in counts:
        raise ValueError(f"FAULTS is {', '.join(counts)}, not {MODE}")
    return counts[MODE]
