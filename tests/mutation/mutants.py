"""Breaking each guard once: which guards there are, how each is broken, and which test has to fail.

A guard is an ``if`` that refuses, found in the decisions, the judge, the command handler and the clock; or
one of those written out in ``others.toml``: triggers, seal, receipts, projector. ``refusals.toml`` names a
test for each of the first. `run.py` breaks them and runs the tests; a test here holds the tables complete.
"""

import ast
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SRC = ROOT / "src"
_REFUSING = (
    "grant/**/*.py",
    "fund/*.py",
    "call/*.py",
    "decide/**/*.py",
    "kernel/guards.py",
    "rejudge/entry.py",
    "rejudge/refusal.py",
    "rejudge/possible_refusals.py",
    "book/command_handler.py",
    "book/decider.py",
    "journal/clock.py",
)


class Mutant(NamedTuple):
    """One guard, broken."""

    name: str
    file: str
    """In ``src``."""
    old: str
    new: str
    at: int
    """Where the old text begins."""
    test: str
    """What has to fail; empty where nothing is named yet; ``none: `` and why, where no test can."""


def mutants() -> list[Mutant]:
    """All of them, the refusals first."""
    return [*_refusals(), *_others()]


def _refusals() -> Iterator[Mutant]:
    named: dict[str, str] = tomllib.loads((HERE / "refusals.toml").read_text("utf-8"))
    for place in sorted(place for one in _REFUSING for place in (SRC / "lifecycle").glob(one)):
        source, file = place.read_text("utf-8"), place.relative_to(SRC).as_posix()
        seen = Counter[str]()
        for function, refusal, guard, new in _guards(ast.parse(source)):
            name = f"{place.relative_to(SRC / 'lifecycle').as_posix()} {function} {refusal}"
            seen[name] += 1
            if seen[name] > 1:
                name += f" {seen[name]}"
            old = ast.get_source_segment(source, guard)
            assert old is not None
            yield Mutant(name, file, old, new.format(old), _offset(source, guard), named.get(name, ""))


def _guards(tree: ast.AST) -> Iterator[tuple[str, str, ast.expr, str]]:
    """Function, refusal, the expression that guards, and what takes its place."""
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef):
            continue
        for node in ast.walk(function):
            if isinstance(node, ast.If) and (refusal := _refusal(node)):
                yield function.name, refusal, node.test, "(({}) and False)"
            elif isinstance(node, ast.Expr) and _is_four_eyes(node.value):
                yield function.name, "DecidesOwnRequest", node.value, "None"


def _is_four_eyes(call: ast.expr) -> bool:
    return (
        isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id == "by_another_officer"
    )


def _refusal(guard: ast.If) -> str:
    """The name of what is raised where the guard holds; empty where nothing is."""
    raised = (one.exc for one in guard.body if isinstance(one, ast.Raise))
    for made in raised:
        if isinstance(made, ast.Call) and isinstance(made.func, ast.Name) and made.func.id[0].isupper():
            return made.func.id
    return ""


def _offset(source: str, node: ast.expr) -> int:
    lines = source.splitlines(keepends=True)
    before = "".join(lines[: node.lineno - 1])
    return len(before) + len(lines[node.lineno - 1].encode()[: node.col_offset].decode())


def _others() -> Iterator[Mutant]:
    for number, one in enumerate(tomllib.loads((HERE / "others.toml").read_text("utf-8"))["mutant"]):
        source = (SRC / one["file"]).read_text("utf-8")
        where = [at for at in range(len(source)) if source.startswith(one["old"], at)]
        if len(where) != 1:
            raise ValueError(f"{one['name']} (number {number}): its text is there {len(where)} times")
        yield Mutant(one["name"], one["file"], one["old"], one["new"], where[0], one["test"])
