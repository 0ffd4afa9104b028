"""Speed, as ratios to the libraries underneath. Run with `make bench`."""
