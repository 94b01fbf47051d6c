"""The server-to-server API: one module a noun, its request models beside what they ask for."""
