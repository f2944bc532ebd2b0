"""The `analyst_revisions` scanner."""
