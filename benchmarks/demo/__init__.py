"""The main job, shown: an editor's session with the language server over real source files.

Run as `scripts/demo`.
"""
