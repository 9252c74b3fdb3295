"""The one-machine appliance: every program of the three networks, with sample data."""
