"""What the preference of an agreement may name: windows of the fund, and regions of the World Bank."""

from collections.abc import Mapping
from typing import Protocol

from lifecycle.fund.parts.agreement_terms import Preference
from lifecycle.kernel.likeness import group_key
from lifecycle.kernel.refusals import TERMS, Refusal
from lifecycle.policy.edition import Edition
from lifecycle.policy.places.regions import all_regions
from lifecycle.types.readings.nearest import near_or_all


class _Fund(Protocol):
    """The fund with its editions."""

    @property
    def editions(self) -> Mapping[str, Edition]:
        """Return the editions by name."""


class _Preferring(Protocol):
    """An event that may state a preference."""

    preference: Preference | None


class UnknownPreference(Refusal, order=TERMS, rule="domain §9: preference of an agreement"):
    """The preference names a window or a region that does not exist, so that no grant could fit it."""


def check_preference_of(fund: _Fund, event: _Preferring) -> None:
    """Refuse a preference for what does not exist. Raises `UnknownPreference`."""
    preference = event.preference
    if preference is None:
        return
    windows = {name for edition in fund.editions.values() for name in edition.windows}
    for window in preference.windows:
        if window not in windows:
            near = near_or_all(window, windows)
            raise UnknownPreference(f"preference.windows: no edition of the fund has a window {window}{near}")
    regions = {group_key(region): region for region in all_regions()}
    for region in preference.regions:
        if group_key(region) not in regions:
            near = near_or_all(region, regions.values())
            raise UnknownPreference(f"preference.regions: the World Bank has no region {region}{near}")
