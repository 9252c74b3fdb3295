"""Spatial reviews: what comes in through the gate, is looked at, and is concluded."""
