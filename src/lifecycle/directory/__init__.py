"""The directory: institutions, offers of experience, needs, and the use of stories."""
