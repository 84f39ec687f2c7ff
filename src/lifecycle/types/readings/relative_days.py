"""The day that a text names by its distance from today: ``yesterday``, ``last Friday``."""

from datetime import date, timedelta

_DISTANCES = {
    -1: "yesterday gestern hier ayer ieri ontem gisteren",
    0: "today now heute aujourd'hui hoy oggi hoje vandaag",
    1: "tomorrow morgen demain mañana domani amanhã",
}
_DAYS_FROM_TODAY = {word: days for days, words in _DISTANCES.items() for word in words.split()}
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SHORTEST = 3
"""The fewest letters of a weekday that is shortened."""
_DAYS_OF_WEEK = 7


def day_named_from(text: str, today: date) -> date | None:
    """Return the day that a word names; of a weekday the last one before today. `None` for other texts."""
    word = text.casefold()
    if word in _DAYS_FROM_TODAY:
        return today + timedelta(days=_DAYS_FROM_TODAY[word])
    name = word.removeprefix("last ").rstrip(".")
    numbers = [
        number
        for number, weekday in enumerate(_WEEKDAYS)
        if len(name) >= _SHORTEST and weekday.startswith(name)
    ]
    if not numbers:
        return None
    return today - timedelta(days=(today.weekday() - numbers[0] - 1) % _DAYS_OF_WEEK + 1)
