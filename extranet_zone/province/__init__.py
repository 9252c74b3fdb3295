"""The way to other authorities, courts and departments: the province's hub, dialled by us."""
