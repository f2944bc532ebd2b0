"""What every benchmark needs: rows, timing, child processes, the machine, the report."""
