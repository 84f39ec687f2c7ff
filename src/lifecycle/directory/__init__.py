"""The directory: institutions that grants, letters and payments name."""
