"""What every settings class is built from: the base model, and types for durations, addresses and names."""

from __future__ import annotations

import ipaddress
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

__all__ = ["EnvName", "Seconds", "Settings", "Url", "is_loopback"]


class Settings(BaseModel):
    """Base of every settings class: frozen, no unknown keys, no conversion of types, no NaN.

    A field states its default, its bounds and, as ``Field(description=...)``, its meaning with its unit::

        class Settings(ScannerSettings):
            min_gap_percent: float = Field(4.0, gt=0, description="Smallest gap, in percent.")
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


def is_loopback(url: str) -> bool:
    """Return whether a URL leads to this machine."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _web_address(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme == "https" and parts.hostname:
        return url
    if parts.scheme == "http" and is_loopback(url):
        return url
    raise ValueError("must be an https:// address, or http:// on this machine")


Seconds = Annotated[float, Field(gt=0, le=86_400)]
"""A duration above zero and up to a day."""

Url = Annotated[str, AfterValidator(_web_address)]
"""An ``https://`` address, or ``http://`` on the loopback interface."""

EnvName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
"""The name of an environment variable."""
