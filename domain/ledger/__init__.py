"""What is booked for each fact, and how revenue is earned by the day."""
