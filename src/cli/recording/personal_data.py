"""Finds text that looks like personal data, to warn the officer, because entries are kept for ever."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

_MAIL = re.compile(r"[^\s@<>()\"',;:]@[\w-]{1,63}(?:\.[\w-]{1,63})+")
_PHONE_WORDS = r"\b(?i:telephone|phone|tel|mobile|mob|cell|fax)[:. ]{1,3}\+?"
_NUMBER = re.compile(rf"(?:\+|{_PHONE_WORDS})\d[\d ()./-]{{6,18}}\d")
_IDS = frozenset(("command", "command_id"))


def personal(words: Mapping[str, Any]) -> list[str]:
    """Return a sentence for each field that seems to hold an e-mail address or a telephone number."""
    return [
        f"{path} seems to hold {data}" for path, text in _texts(words, "") if (data := _personal_data(text))
    ]


def _personal_data(text: str) -> str | None:
    if "@" in text and _MAIL.search(text):
        return "an e-mail address"
    return "a telephone number" if _NUMBER.search(text) else None


def warning(sentences: list[str]) -> str:
    """Return the warning for the sentences of `personal`."""
    advice = "entries are kept for ever and cannot be erased: leave people's data out"
    return f"warning: {'; '.join(sentences)}; {advice}"


def _texts(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for name, part in value.items():
            if path or name not in _IDS:
                yield from _texts(part, f"{path}.{name}" if path else str(name))
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from _texts(part, path)
