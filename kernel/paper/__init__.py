"""What is printed: the fonts every document of the office uses."""
