"""What the fields of commands and events mean, read from the docstrings below them."""

import ast
import inspect
import sys
from functools import cache
from types import ModuleType


@cache
def _of_module(module: ModuleType) -> dict[str, dict[str, str]]:
    """Class to field to docstring, from the module's source; nothing where there is no source."""
    try:
        tree = ast.parse(inspect.getsource(module))
    except (OSError, TypeError):
        return {}
    return {node.name: _of_class(node) for node in tree.body if isinstance(node, ast.ClassDef)}


def _of_class(node: ast.ClassDef) -> dict[str, str]:
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
    """Field to docstring, of the class and of those that it is made from; of a command, of its event too."""
    docs: dict[str, str] = {}
    event: type = getattr(model, "EVENT", object)
    for part in (*reversed(event.__mro__), *reversed(model.__mro__)):
        module = sys.modules.get(part.__module__)
        if module is not None and part.__module__.startswith("lifecycle."):
            docs |= _of_module(module).get(part.__name__, {})
    return docs
