"""Makes commands from what the Facility published. The same source and reference give the same id."""

import csv
from datetime import date
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

HERE = Path(__file__).parent
Command = dict[str, Any]


def table(name: str) -> list[dict[str, str]]:
    """Return the rows of a CSV file in this folder."""
    with (HERE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def usd(amount: int) -> str:
    """Return an amount of whole US dollars."""
    return f"{amount}.00 USD"


def make_command(source: str, reference: str, command: str, on: date, actor: str, **fields: Any) -> Command:
    """Return a command whose id is made from the source and the reference in it."""
    identity = uuid5(NAMESPACE_URL, f"grantbook facility: {source}: {reference}")
    return {"command_id": str(identity), "command": command, "on": str(on), "actor": actor, **fields}
