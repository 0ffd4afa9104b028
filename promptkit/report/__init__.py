"""Values for people to look at: tables in a terminal."""
