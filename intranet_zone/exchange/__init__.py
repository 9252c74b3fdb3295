"""What arrives on the intranet, and which service makes its effect."""
