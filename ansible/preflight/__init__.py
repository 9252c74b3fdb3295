"""Checks a view (the inventory of one zone) before anything is changed.

``ansible/check_view.py VIEW`` runs on the controller, where the programs are not installed: Python
3.11 with PyYAML and jsonschema, which Debian has as packages, and the openssl command.
"""
