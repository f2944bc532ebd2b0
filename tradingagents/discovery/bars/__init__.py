"""Daily bars: the exchange calendar, the Parquet store, imports of files, updates from vendors."""
