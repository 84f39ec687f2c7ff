"""Reads the docstrings below the fields of commands and events, which say what each field means."""

import ast
import inspect
import sys
from functools import cache
from types import ModuleType


@cache
def _docs_in_module(module: ModuleType) -> dict[str, dict[str, str]]:
    """Return the docstring of each field of each class in the module; nothing if its source is missing."""
    try:
        tree = ast.parse(inspect.getsource(module))
    except (OSError, TypeError):
        return {}
    return {node.name: _docs_in_class(node) for node in tree.body if isinstance(node, ast.ClassDef)}


def _docs_in_class(node: ast.ClassDef) -> dict[str, str]:
    docs: dict[str, str] = {}
    for field, after in zip(node.body, node.body[1:], strict=False):
        if (
            isinstance(field, ast.AnnAssign)
            and isinstance(field.target, ast.Name)
            and isinstance(after, ast.Expr)
            and isinstance(after.value, ast.Constant)
            and isinstance(after.value.value, str)
        ):
            docs[field.target.id] = " ".join(after.value.value.replace("``", "").split())
    return docs


@cache
def field_docs(model: type) -> dict[str, str]:
    """Return the docstring of each field of the class and its bases, and of the event of a command."""
    docs: dict[str, str] = {}
    event: type = getattr(model, "EVENT", object)
    for base in (*reversed(event.__mro__), *reversed(model.__mro__)):
        module = sys.modules.get(base.__module__)
        if module is not None and base.__module__.startswith("lifecycle."):
            docs |= _docs_in_module(module).get(base.__name__, {})
    return docs
