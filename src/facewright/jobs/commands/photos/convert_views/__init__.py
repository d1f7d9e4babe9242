"""How conversions are shown: strips of growing strength, and a page with a slider."""
