"""A finished run in the formats of other programs: one file here a format.

Each takes a `Run` and a path and writes one file, whole or not at all (`files.whole_file`). The
packages they need are optional: one that is missing is an error that names the extra.
"""
