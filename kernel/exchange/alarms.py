"""What of a zone's exchange needs a person: a pure list, computed from what is known now."""

from kernel.alarms import Alarm

__all__ = ["Alarm"]
