"""What is booked: accounts, earning over time, and one rule per fact."""
