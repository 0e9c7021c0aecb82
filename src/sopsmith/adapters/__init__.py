"""The real doors: files, programs, the environment."""
