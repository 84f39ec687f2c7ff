"""The guards: how each is broken, and which test then has to fail.

There are two sorts. An ``if`` that raises a refusal is found in the files of ``_REFUSING``, and
``refusals.toml`` names its test. Other guards (triggers, seal, receipts, projector) are written out in
``others.toml``. ``run.py`` breaks each guard and runs its test. ``test_mutants.py`` checks that each has one.
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
    "fund/**/*.py",
    "call/*.py",
    "directory/*.py",
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
    """One guard, and the text that breaks it."""

    name: str
    file: str
    """In ``src``."""
    old: str
    new: str
    at: int
    """The offset at which the old text begins."""
    test: str
    """The test that has to fail; empty if none is named yet; ``none: `` and the reason if none can fail."""


def mutants() -> list[Mutant]:
    """Return all guards, first those that raise a refusal."""
    return [*_refusals(), *_others()]


def _refusals() -> Iterator[Mutant]:
    named: dict[str, str] = tomllib.loads((HERE / "refusals.toml").read_text("utf-8"))
    for path in sorted(path for pattern in _REFUSING for path in (SRC / "lifecycle").glob(pattern)):
        source, file = path.read_text("utf-8"), path.relative_to(SRC).as_posix()
        seen = Counter[str]()
        for function, refusal, guard, new in _guards(ast.parse(source)):
            name = f"{path.relative_to(SRC / 'lifecycle').as_posix()} {function} {refusal}"
            seen[name] += 1
            if seen[name] > 1:
                name += f" {seen[name]}"
            old = ast.get_source_segment(source, guard)
            assert old is not None
            yield Mutant(name, file, old, new.format(old), _offset(source, guard), named.get(name, ""))


def _guards(tree: ast.AST) -> Iterator[tuple[str, str, ast.expr, str]]:
    """Yield the function, the refusal, the expression that guards, and the pattern of what replaces it.

    Those of a function come in the order of its lines.
    """
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef):
            continue
        statements = [node for node in ast.walk(function) if isinstance(node, ast.If | ast.Expr)]
        for node in sorted(statements, key=lambda statement: statement.lineno):
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
    """Return the name of the exception that the body raises; empty if it raises none."""
    for statement in guard.body:
        raised = statement.exc if isinstance(statement, ast.Raise) else None
        if isinstance(raised, ast.Call) and isinstance(raised.func, ast.Name) and raised.func.id[0].isupper():
            return raised.func.id
    return ""


def _offset(source: str, node: ast.expr) -> int:
    lines = source.splitlines(keepends=True)
    before = "".join(lines[: node.lineno - 1])
    return len(before) + len(lines[node.lineno - 1].encode()[: node.col_offset].decode())


def _others() -> Iterator[Mutant]:
    for written in tomllib.loads((HERE / "others.toml").read_text("utf-8"))["mutant"]:
        source = (SRC / written["file"]).read_text("utf-8")
        if source.count(written["old"]) != 1:
            raise ValueError(
                f"{written['name']}: {written['file']} holds its text {source.count(written['old'])} times"
            )
        yield Mutant(**written, at=source.index(written["old"]))
