"""The `material_events` scanner."""
