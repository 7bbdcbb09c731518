"""The language server: suggestions at the cursor, in any editor that speaks LSP.

`server` holds the features, a few lines each; `inline` answers a request; `suggest` is the way
from a document and a cursor to suggestions, without an editor. None of them is imported here.
"""
