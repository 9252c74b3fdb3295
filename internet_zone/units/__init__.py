"""The unit directory: what the extranet lets the portal show of units, to choose one."""
