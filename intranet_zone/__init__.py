"""The business intranet: cadastral geometry, spatial review, and the mirror of the register."""
