"""The devices of a service window: what its agent pushes, a clerk takes over."""
