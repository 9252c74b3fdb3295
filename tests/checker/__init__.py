"""Programs for auditors that judge a database and share no code with the application."""
