output "sources" {
  description = "By source id: name, version, database ({type, schema}, or null) and the keys of its tables."
  value       = local.sources
  precondition {
    condition     = length(local.sources) == length(local.documents)
    error_message = "Two contracts have the same id."
  }
}

output "tables" {
  description = <<-EOT
    By <source>_<table>: source, name, id, description, physical_name, schema, capture (cdc, stream), history, event_time,
    enforcement, retention_days (events; null: not bounded), primary_key, columns (name, type, item_type, required, classification, description) and bronze_columns
    (name, type, mode, classification, description; metadata last).
  EOT
  value       = local.tables
  precondition {
    condition     = alltrue([for table in local.tables : contains(["cdc", "stream"], table.capture)])
    error_message = "A table's `capture` is cdc or stream; `python -m contracts check` says where it is not."
  }
  precondition {
    condition     = alltrue([for table in local.tables : length(table.primary_key) > 0])
    error_message = "Each table needs a primary key; `python -m contracts check` says where there is none."
  }
}

output "cdc_tables" {
  description = "The tables of a database: their changes are captured."
  value       = { for id, table in local.tables : id => table if table.capture == "cdc" }
}

output "events" {
  description = "The tables of a topic."
  value       = { for id, table in local.tables : id => table if table.capture == "stream" }
}

output "avro_schemas" {
  description = "By event: its Avro schema as JSON text."
  value       = local.avro_schemas
}

output "classifications" {
  description = "Every classification that a column has: pii, ..."
  value       = toset(flatten([for table in local.tables : [for column in table.columns : column.classification if column.classification != null]]))
}
