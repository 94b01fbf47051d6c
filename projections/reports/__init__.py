"""What finance asks: a report is one SELECT as of a date and a position of the log."""
