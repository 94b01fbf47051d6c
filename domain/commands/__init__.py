"""One function per use case: load, ask, save. The only place where contexts meet."""
