"""What this machine can do, and how to mend what is wrong."""
