"""The dialling end of the uplink: takes the portal's bundles and brings ours."""
