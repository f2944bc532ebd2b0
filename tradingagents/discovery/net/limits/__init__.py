"""Request quotas: ledgers in memory, SQLite and Redis, and the pacer that waits for permits."""
