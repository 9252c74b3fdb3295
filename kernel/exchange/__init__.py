"""The exchange: messages out and in, sealed into bundles, applied exactly once, receipted."""

from kernel.exchange.admission import Handler, Received
from kernel.exchange.outbox import post
from kernel.exchange.service import Exchange

__all__ = ["Exchange", "Handler", "Received", "post"]
