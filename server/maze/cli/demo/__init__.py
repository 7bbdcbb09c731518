"""`maze demo`: what Maze does, on sample files of each language."""
