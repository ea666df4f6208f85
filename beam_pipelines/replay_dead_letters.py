"""Dead letters of events once more through today's pipeline: what passes is in bronze, what does not stays a letter.

    python -m beam_pipelines.replay_dead_letters --source saas [--event usage_events] [--reason wrong_type]

For after a mended pipeline or contract. Each letter gets into bronze once: a plan says which letters a replay takes, a
manifest which write stream takes their rows, and whoever comes next finishes what was left. Letters of landing files
are replayed by reload_from_landing. The last line on stdout is a JSON summary.
"""

import argparse
import json
import logging
import time
from collections.abc import Sequence

from beam_pipelines.events.replay import finish_replays, plan_replay
from beam_pipelines.events_to_bronze import stream_tables


def main(arguments: Sequence[str] | None = None) -> None:
    """Replays the letters that were chosen."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--source", required=True)
    parser.add_argument("--event", action="append", help="only this event (repeatable)")
    parser.add_argument("--reason", help="only letters with this reason")
    chosen = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    started = time.monotonic()
    replays = []
    for table in stream_tables([chosen.source], chosen.event).values():
        replays += finish_replays(table)
        if plan_replay(table, chosen.reason):
            replays += finish_replays(table)
    print(json.dumps({"replays": replays, "seconds": round(time.monotonic() - started, 3)}), flush=True)


if __name__ == "__main__":
    main()
