"""The same prompt in other libraries, each in an environment of its own: `python -m benchmarks.peers`."""
