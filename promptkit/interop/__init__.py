"""Messages of other libraries, out of a rendered prompt and into a history: one file a library."""
