"""The benchmarks' own arithmetic, shapes and report; nothing here is timed."""
