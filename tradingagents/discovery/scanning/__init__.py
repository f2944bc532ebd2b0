"""What runs scanners: base class, registry, scan, recorder, progress."""
