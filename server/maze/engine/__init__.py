"""Where suggestions come from: one wire protocol, one client, and the embedded engine.

`protocol`, `errors`, `client`, `fim`, `settings` and `launcher` run in the base install and are
what the language server uses. The rest (`healing`, `sampling`, `generation`, `completion`, `llama`,
`embedded`, `worker`, `app`, `server`) runs inside the embedded engine and needs the `local` extra.
"""
