"""What outlives a run: tables in a file or in memory, circuits, turns; one naming rule."""
