"""`launch.py --pipeline=events_to_bronze ...`: runs that pipeline; Dataflow's template launcher starts it."""

import argparse
import runpy
import sys
from collections.abc import Sequence

PIPELINES = ("events_to_bronze", "landing_to_bronze")


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs one pipeline as `python -m beam_pipelines.<pipeline>` would."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False, add_help=False)
    parser.add_argument("--pipeline", required=True, choices=PIPELINES)
    chosen, rest = parser.parse_known_args(arguments)
    module = f"beam_pipelines.{chosen.pipeline}"
    sys.argv = [module, *rest]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
