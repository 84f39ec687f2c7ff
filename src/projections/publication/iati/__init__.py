"""The book as IATI 2.03: a file of activities, and a file of the organisation that publishes them."""
