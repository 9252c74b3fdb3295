"""What arrives at the portal, and which service makes its effect."""
