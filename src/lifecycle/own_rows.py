"""The rows that this process has appended: before a seal, only the rows of others are judged."""

from collections.abc import Iterable

_MOST = 100_000
"""How many of its own rows a process remembers at most."""


class OwnRows:
    """Positions of the entries, and id and digest of the answers, that this process appended."""

    def __init__(self) -> None:
        self._entries: set[int] = set()
        self._answers: set[tuple[str, str]] = set()

    def add(self, positions: Iterable[int], answer: tuple[str, str]) -> None:
        """Note what was appended."""
        if len(self._answers) >= _MOST:
            self.forget()
        self._entries.update(positions)
        self._answers.add(answer)

    def forget(self) -> None:
        """Know of none any more: they are sealed, or it is not certain that they were appended."""
        self._entries.clear()
        self._answers.clear()

    def cover(self, positions: Iterable[int], answers: Iterable[tuple[str, str]]) -> bool:
        """Whether all of these rows are one's own."""
        return self._entries.issuperset(positions) and self._answers.issuperset(answers)
