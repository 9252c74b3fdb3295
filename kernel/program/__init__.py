"""What every program's command line, settings and periodic work have in common."""
