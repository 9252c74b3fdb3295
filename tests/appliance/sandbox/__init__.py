"""The sandbox (联调沙箱): plays the hub and everybody behind it, for training and for trials.

A process of its own that speaks HTTP by docs/spec/province/hub-v1.yaml. What it plays: another
city's authority in both roles, a court, the treasury, the tax authority, housing, short messages
and the post. Everything it answers is invented and says so.
"""
