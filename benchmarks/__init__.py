"""Benchmarks: each module is a command whose last line on stdout is one JSON object."""
