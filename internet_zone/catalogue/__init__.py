"""The catalogue as the platform publishes it; the portal makes no item of its own."""
