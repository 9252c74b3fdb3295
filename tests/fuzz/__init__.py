"""Wrong bytes for every parser: a few thousand in the tests, millions by ``make fuzz``."""
