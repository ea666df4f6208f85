"""OPTIONS (name = value, ...): an option has a type, whatever it is set on; what it is set on says which there are."""

from typing import Any

from emulators.bigquery.sql import types as t
from emulators.bigquery.sql.analysis.analyzer import Analyzer
from emulators.bigquery.sql.analysis.coercion import assign
from emulators.bigquery.sql.analysis.constants import python_value
from emulators.bigquery.sql.analysis.values import Scope, Value
from emulators.bigquery.sql.syntax import nodes
from emulators.bigquery.sql.syntax.nodes import Options

_TEXTS = (
    "analyzer analyzer_options column_name_character_map compression container_image container_memory date_format "
    "datetime_format default_collation default_index_column_granularity default_kms_key_name default_rounding_mode "
    "description distance_type encoding endpoint engine entry_point field_delimiter file_set_spec_type format "
    "friendly_name hive_partition_uri_prefix index_granularity index_type ivf_options json_extension kms_key_name "
    "location metadata_cache_mode null_marker object_metadata projection_fields quote reference_file_schema_uri "
    "rounding_mode runtime_version sheet_range source_column_match storage_billing_model time_format time_zone "
    "timestamp_format tree_ah_options uri"
)
_FLAGS = (
    "allow_jagged_rows allow_non_incremental_definition allow_quoted_newlines enable_change_history "
    "enable_fine_grained_mutations enable_list_inference enable_logical_types enable_refresh enum_as_string header "
    "ignore_unknown_values is_case_insensitive overwrite preserve_ascii_control_characters "
    "require_hive_partition_filter require_partition_filter strict_mode use_avro_logical_types"
)
_PAIRS = t.array(t.struct((None, t.STRING), (None, t.STRING)))
_LISTS = "data_types decimal_target_types lexical_search_columns null_markers packages policy_tags uris"
_TYPES: dict[str, t.Type] = {
    **dict.fromkeys(_TEXTS.split(), t.STRING),
    **dict.fromkeys(_FLAGS.split(), t.BOOL),
    **dict.fromkeys(_LISTS.split(), t.array(t.STRING)),
    **dict.fromkeys(("labels", "tags", "user_defined_context"), _PAIRS),
    **dict.fromkeys(
        ("max_bad_records", "max_batching_rows", "max_time_travel_hours", "skip_leading_rows"), t.INT64
    ),
    **dict.fromkeys(
        ("default_partition_expiration_days", "default_table_expiration_days", "partition_expiration_days",
         "refresh_interval_minutes"), t.FLOAT64,
    ),
    "expiration_timestamp": t.TIMESTAMP,
    "max_staleness": t.INTERVAL,
}  # fmt: skip

_ROUNDING = ("ROUND_HALF_AWAY_FROM_ZERO", "ROUND_HALF_EVEN")
_CHOICES = {"rounding_mode": _ROUNDING, "default_rounding_mode": _ROUNDING}


def options_of(a: Analyzer, given: Options) -> dict[str, Any]:
    """OPTIONS as Python values by name; SqlError for one that is given twice, or has a value of another type."""
    found: dict[str, Any] = {}
    for name, node in given:
        if name in found:
            a.fail(f"Duplicate option specified for '{name}'", node)
        kind = _TYPES.get(name)
        value = found[name] = _plain(a, node) if kind is None else _typed(a, name, node, kind)
        if kind is _PAIRS and value is not None:
            _check_keys(a, name, value, node)
        if name in _CHOICES and value is not None and value not in _CHOICES[name]:
            a.fail(f"Invalid value for option {name}: {value}; use {' or '.join(_CHOICES[name])}", node)
    return found


def _check_keys(a: Analyzer, name: str, pairs: list[tuple[Any, Any]], node: nodes.Node) -> None:
    """A key of labels or tags is given once."""
    keys = [key for key, _ in pairs]
    for key in keys:
        if keys.count(key) > 1:
            a.fail(f"Duplicate key {key} in option {name}", node)


def _typed(a: Analyzer, name: str, node: nodes.Node, kind: t.Type) -> Any:
    if isinstance(node, nodes.Literal) and node.kind == "NULL":
        return None
    if kind.kind == "ARRAY" and isinstance(node, nodes.ArrayLiteral):
        assert kind.element is not None
        return [_typed(a, name, item, kind.element) for item in node.items]
    if kind.kind == "STRUCT" and isinstance(node, nodes.StructLiteral) and len(node.items) == len(kind.fields):
        pairs = zip(node.items, kind.fields, strict=True)
        return tuple(_typed(a, name, item, member) for (_, item), (_, member) in pairs)
    value = _constant(a, node)
    what = f"Option {name} value has type {{source}} which cannot be coerced to expected type {{target}}"
    return python_value(assign(a, value, kind, what, node))


def _plain(a: Analyzer, node: nodes.Node) -> Any:
    """The value of an option whose type nobody knows."""
    if isinstance(node, nodes.ArrayLiteral):
        return [_plain(a, item) for item in node.items]
    return python_value(_constant(a, node))


def _constant(a: Analyzer, node: nodes.Node) -> Value:
    value = a.expression(node, Scope())
    if not value.constant:
        a.fail("Option values must be constant", node)
    return value
