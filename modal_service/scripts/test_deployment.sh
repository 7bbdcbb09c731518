#!/usr/bin/env bash
# Tries a deployment: health, a constrained completion in each language, a request without the key
# that must be refused, latencies. Without arguments, the engine in your settings (engine.url), or
# else the one on Modal; or --url of any Maze engine, with its key in MAZE_API_KEY or the keyring. It
# starts a GPU, which costs a few cents.
exec "$(dirname "${BASH_SOURCE[0]}")/_maze" status --check "$@"
