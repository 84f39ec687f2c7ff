"""Entries in partitions: exported as Parquet, folded on Dask, and reported on as one book."""
