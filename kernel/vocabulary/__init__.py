"""The words and numbers of registration as pure, validated values: no web, no database."""
