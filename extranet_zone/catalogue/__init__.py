"""The catalogue of service items: editions are data, validated, loaded by an administrator."""
