"""How results are written: tables, CSV, JSON, Parquet, HTML, calendars, charts."""
