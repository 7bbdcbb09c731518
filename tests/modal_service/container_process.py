"""What a container of the service does, as a process: `app.Engine` without Modal around it.

    python -m tests.modal_service.container_process PORT

Says `ready` on stdout when the service answers, and stops it when stdin ends.
"""

from __future__ import annotations

import sys

from modal_service import container
from modal_service.options import from_environment


def main() -> None:
    """Start, wait, stop."""
    running = container.start(from_environment(), host="127.0.0.1", port=int(sys.argv[1]))
    print("ready", flush=True)
    sys.stdin.read()
    container.stop(running)


if __name__ == "__main__":
    main()
