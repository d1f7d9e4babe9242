"""How crops are aligned, for the tasks that ask for it."""

from facewright.types import TemplateName

__all__ = ["TemplateName"]
