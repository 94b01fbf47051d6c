"""The people and businesses who buy, and what they pay with."""
