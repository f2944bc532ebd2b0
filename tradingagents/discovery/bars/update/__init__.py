"""Updating the stored bars from a vendor: plan, fetch, adjust for splits, store, report."""
