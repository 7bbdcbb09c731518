#!/usr/bin/env bash
# Deploys the engine to Modal: the account and its secrets are looked at first, then the image is
# built, and the address and the line for the editor are printed. Flags are those of `maze deploy`;
# MODAL_MODE=dev|demo|prod and the MAZE_DEPLOY_… variables (modal_service/options.py) say the same.
exec "$(dirname "${BASH_SOURCE[0]}")/_maze" deploy "$@"
