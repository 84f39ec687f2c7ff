"""Reports of the stages, dates and obligations of grants."""
