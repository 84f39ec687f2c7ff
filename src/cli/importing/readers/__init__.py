"""Readers of the forms of files: tables, spreadsheets, JSON, XML and event logs."""
