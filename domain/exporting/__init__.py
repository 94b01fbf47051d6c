"""Files that were ordered, made in the background and fetched by a link."""
