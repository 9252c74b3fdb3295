"""What can be done to an application; the package's modules by concern."""
