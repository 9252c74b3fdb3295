"""The repair region of a medium (docs/spec/ferry-medium-v1.md, section 4): writing and using it."""
