"""The catalogue of service items (事项清单) as both the portal and the platform read it; pure.

The format is docs/spec/catalogue-item-v2.md. The platform reads an edition from files and publishes
it; the portal takes what was published. What an item asks, waives, charges and excludes is answered
here, once, for both.
"""
