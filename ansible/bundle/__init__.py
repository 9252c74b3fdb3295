"""Builds the offline bundle (离线安装包) that a zone's hosts are installed from.

``python -m bundle build`` gathers everything a host without any network needs, and signs the list
of it; docs/spec/release-bundle-v1.md is the format. This package stays with the builders: of the
folder ``ansible`` it alone does not travel.
"""
