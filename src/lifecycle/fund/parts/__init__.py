"""Parts of the fund's state: appointments of officers, and agreements of partners with their pools."""
