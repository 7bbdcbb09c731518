#!/usr/bin/env bash
# Stops the engine on Modal, and looks whether it has stopped.
exec "$(dirname "${BASH_SOURCE[0]}")/_maze" stop "$@"
