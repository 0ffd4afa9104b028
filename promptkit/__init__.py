"""promptkit: prompts as a codebase."""

__version__ = "0.1.0"
