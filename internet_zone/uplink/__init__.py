"""The listening end of the uplink: the extranet dials in, takes bundles and brings its own."""
