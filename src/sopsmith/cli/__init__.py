"""The command line: words in, one flow call, words out, exit code."""
