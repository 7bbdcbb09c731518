"""Maze on a GPU: the vLLM plugin, and the service that runs it."""
