"""Streaming pipelines on a laptop, as bounded bundles that lose nothing."""
