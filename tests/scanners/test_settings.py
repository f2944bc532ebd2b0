"""The settings of the built-in scanners: a description with the unit for each, and bounds."""

from __future__ import annotations

import re

import pytest
from pydantic import ValidationError

from tradingagents.discovery.scanners.registry import BUILT_IN
from tradingagents.discovery.settings.sections import ScannerSettings

SETTINGS = {scanner.name: scanner.Settings for scanner in BUILT_IN}

UNITS = {
    "usd": "US dollars",
    "percent": "percent",
    "days": "days",
    "hours": "hours",
    "seconds": "seconds",
    "fraction": "fraction",
}


def description(settings: type[ScannerSettings], key: str) -> str:
    """Return the field's own description, or that of the field it overrides."""
    fields = [getattr(base, "model_fields", {}).get(key) for base in settings.__mro__]
    return next((field.description for field in fields if field and field.description), "")


def contradictory_units(key: str, text: str) -> set[str]:
    """Return the units given in a text ("in hours", "as a fraction") other than the one that ends the key."""
    own = key.rpartition("_")[2]
    if own not in UNITS:
        return set()
    given = {
        unit
        for unit, words in UNITS.items()
        if re.search(rf"\b(in|as a) ((calendar|business) )?{words}\b", text)
    }
    return given - {own}


@pytest.mark.parametrize("name", SETTINGS)
def test_every_setting_has_a_description_of_at_most_300_characters(name: str) -> None:
    texts = {key: description(SETTINGS[name], key) for key in SETTINGS[name].model_fields}
    assert {key: text for key, text in texts.items() if not text or len(text) > 300} == {}
    assert {key: text for key, text in texts.items() if not re.fullmatch(r"[A-Z`].*\.", text)} == {}


@pytest.mark.parametrize("name", SETTINGS)
def test_no_description_contradicts_the_unit_of_its_key(name: str) -> None:
    settings = SETTINGS[name]
    found = {key: contradictory_units(key, description(settings, key)) for key in settings.model_fields}
    assert not any(found.values()), found


@pytest.mark.parametrize(
    ("key", "text", "found"),
    [
        ("max_age_days", "Greatest age, in hours.", {"hours"}),
        ("min_change_percent", "Smallest change, as a fraction.", {"fraction"}),
        ("min_price_usd", "Lowest price, in percent of the high.", {"percent"}),
        ("timeout_seconds", "Timeout, in business days.", {"days"}),
        ("min_value_usd", "Smallest value, in US dollars.", set()),
        ("min_gap", "Smallest gap, in percent.", set()),
    ],
)
def test_a_unit_that_contradicts_the_key_is_detected(key: str, text: str, found: set[str]) -> None:
    assert contradictory_units(key, text) == found


@pytest.mark.parametrize("name", SETTINGS)
def test_defaults_are_within_their_bounds(name: str) -> None:
    defaults = SETTINGS[name]()
    assert SETTINGS[name].model_validate(defaults.model_dump()) == defaults


@pytest.mark.parametrize("name", SETTINGS)
def test_every_number_has_a_lower_bound(name: str) -> None:
    unbounded = []
    for key, value in SETTINGS[name]():
        if isinstance(value, int | float) and not isinstance(value, bool):
            try:
                SETTINGS[name].model_validate({key: type(value)(-1_000)})
                unbounded.append(key)
            except ValidationError:
                pass
    assert unbounded == []
