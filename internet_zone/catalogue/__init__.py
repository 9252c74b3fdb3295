"""What can be applied for online: items as data, one file."""
