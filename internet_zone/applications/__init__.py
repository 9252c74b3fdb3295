"""Applications: a draft that is filled step by step, signed, submitted, and becomes a case."""
