"""Raw pictures to datasets."""
