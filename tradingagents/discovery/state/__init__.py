"""State that outlives a run: files and turns."""
