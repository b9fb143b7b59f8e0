"""What a run found, as tables with one schema each, and the folder they are kept in.

Doors: `tables.build_tables`, `run.write_run` and `run.read_run`, `summary.count` and
`summary.closing_sentence`, `view.view_of` for the reports. Nothing is imported here, because
pandas takes half a second and `schemas` does not need it.
"""
