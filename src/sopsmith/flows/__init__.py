"""What each person wants done, one module each; the outside comes in as ports."""
