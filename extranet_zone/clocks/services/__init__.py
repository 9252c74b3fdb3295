"""Keeping clocks: starting, pausing, ending; explaining one; reporting on all."""

from extranet_zone.clocks.services.explain import ClockView, explained
from extranet_zone.clocks.services.keeper import ClockKeeper, NextDue, Subject

__all__ = ["ClockKeeper", "ClockView", "NextDue", "Subject", "explained"]
