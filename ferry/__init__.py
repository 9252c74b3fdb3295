"""The hand carrier (摆渡): writes what waits onto a medium, reads it back, and admits what comes.

Until a drive is named, an image file plays the disc. A medium is never mounted: its bytes are read
in user space, and every file on it is verified before anything else happens with it.
"""
