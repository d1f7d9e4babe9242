"""Pictures, clips and cameras: reading, writing, drawing."""
