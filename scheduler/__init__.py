"""What happens by itself: when something falls due, and the one command each due thing gets."""
