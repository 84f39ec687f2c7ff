"""How a fact of the Facility becomes a command, with an id that is always the same."""

import csv
from datetime import date
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

HERE = Path(__file__).parent
Command = dict[str, Any]


def table(name: str) -> list[dict[str, str]]:
    """The rows of a csv file beside this one."""
    with (HERE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def usd(amount: int) -> str:
    """Whole US dollars."""
    return f"{amount}.00 USD"


def say(source: str, reference: str, command: str, on: date, actor: str, **fields: Any) -> Command:
    """A command whose id is made of the source and the reference in it."""
    identity = uuid5(NAMESPACE_URL, f"grantbook facility: {source}: {reference}")
    return {"command_id": str(identity), "command": command, "on": str(on), "actor": actor, **fields}
