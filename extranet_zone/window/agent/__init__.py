"""The window agent: a program on the window's computer; knows no database and no web frame."""
