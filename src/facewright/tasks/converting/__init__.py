"""Convert faces from one style to another: pictures, folders and clips."""
