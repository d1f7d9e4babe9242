"""Make faces of people who don't exist, and work on faces one has the right to use.

```text
 file ──► Image ──► [Face] ──► Crop ──► Latents ──► Latents ──► Crop ──► Image ──► signed file
  media    faces      faces     encode     gan         gan        faces     provenance
  decode   detect     align     invert     edit        sample     paste     publish
```

Every arrow is one function, every noun one core type, every package name appears once.
"""

__version__ = "0.1.0"
