"""What Dataflow's template launcher starts: `--pipeline` names a pipeline, which gets all other options.

One image so serves every pipeline: its FLEX_TEMPLATE_PYTHON_PY_FILE is this file.
"""

import argparse
from collections.abc import Sequence
from importlib import import_module

PIPELINES = ("events_to_bronze", "landing_to_bronze")


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the pipeline that was asked for. Raises SystemExit where there is none of that name."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--pipeline", required=True, choices=PIPELINES, help="a module of beam_pipelines")
    chosen, rest = parser.parse_known_args(arguments)
    import_module(f"beam_pipelines.{chosen.pipeline}").main(rest)


if __name__ == "__main__":
    main()
