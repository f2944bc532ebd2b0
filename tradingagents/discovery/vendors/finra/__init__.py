"""FINRA: client, daily off-exchange volume, and short interest."""
