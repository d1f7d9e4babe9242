"""Views of conversions: strips of growing strength, and a page with a slider."""
