"""`maze deploy`, `stop`, `status` and `cost`: the GPU service on Modal, for the terminal.

Thin over `modal_service`, as its scripts are thin over these. Nothing here is imported by the
language server.
"""
