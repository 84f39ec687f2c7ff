"""Reports of the directory: institutions, offers, needs, and the use of stories."""
