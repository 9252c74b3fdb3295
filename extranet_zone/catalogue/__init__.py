"""The catalogue of service items: data, one TOML file an item, validated at start."""
