"""The Parquet store of daily bars."""
