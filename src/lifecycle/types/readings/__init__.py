"""What people write in another form than a book takes, and what they probably meant."""
