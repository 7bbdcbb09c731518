"""`maze demo` under the eyes of the real parsers.

Run as `scripts/demo`.
"""
