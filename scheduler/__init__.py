"""What happens by itself: when something is due, and which command it becomes."""
