"""Models and money: what is known of a model, and what its calls cost. Unknown is None, never 0."""
