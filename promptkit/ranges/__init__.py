"""How few and how many tokens a variant can have, from what its inputs declare: no call and no value is needed."""

from promptkit.ranges.shapes import SEAM, Reason
from promptkit.ranges.variants import TokenRange, token_range

__all__ = ["SEAM", "Reason", "TokenRange", "token_range"]
