"""Train networks that name expressions, on FER2013 with the votes of FER+."""
