"""Commands that change or read faces in pictures, clips and cameras, a file each."""
