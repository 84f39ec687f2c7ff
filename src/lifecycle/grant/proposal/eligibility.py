"""Who may receive and provide in a window: by income group, class of lending or country (domain §10)."""

from collections.abc import Iterable
from datetime import date

from lifecycle.grant.state import Grant
from lifecycle.kernel.refusals import TERMS, Refusal
from lifecycle.policy.edition import Edition, Groups, Window
from lifecycle.policy.places.regions import LENDING, NOT_CLASSIFIED, lending_on, name_of, place_on
from lifecycle.types.stage import NOT_STATED

INCOME_GROUPS = ("high", "upper_middle", "lower_middle", "low")


def is_eligible(country: str, words: tuple[str, ...], day: date) -> bool | None:
    """Return whether the country is of one of the groups on the day; `None` if that is not known.

    It is not known of a country that is not stated, and if the tables do not have the class of the day.
    """
    if country == NOT_STATED:
        return None
    on = day.isoformat()
    income, lending = place_on(country, on).income_group, lending_on(country, on)
    if country in words or income in words or lending in words:
        return True
    income_unknown = income == NOT_CLASSIFIED and any(group in words for group in INCOME_GROUPS)
    lending_unknown = lending is None and any(group in words for group in LENDING)
    return None if income_unknown or lending_unknown else False


def all_eligible(countries: Iterable[str], words: tuple[str, ...], day: date) -> bool | None:
    """Return `False` if a country is not eligible, else `None` if one is not known, else `True`."""
    answers = {is_eligible(country, words, day) for country in countries}
    return False if False in answers else None if None in answers else True


class NotEligible(Refusal, order=TERMS, rule="domain §10: eligibility"):
    """A country may not receive, or may not provide, in the window."""


def fits_eligibility(grant: Grant, edition: Edition | None, day: date) -> None:
    """Refuse a grant with a country that is not eligible in its window on the day. Raises `NotEligible`."""
    window = None if edition is None else edition.windows.get(grant.window)
    if window is None:
        return
    for countries, groups, act in _asked(grant, window):
        if groups is None:
            continue
        if out := [country for country in countries if is_eligible(country, groups.value, day) is False]:
            names = ", ".join(f"{name_of(country)} ({country})" for country in out)
            raise NotEligible(
                f"{names} may not {act} in window {grant.window} on {day}:"
                f" only {', '.join(groups.value)} may ({groups.source})"
            )


def _asked(grant: Grant, window: Window) -> tuple[tuple[tuple[str, ...], Groups | None, str], ...]:
    return (
        (grant.recipients, window.eligible_recipients, "receive"),
        (grant.providers, window.eligible_providers, "provide"),
    )
