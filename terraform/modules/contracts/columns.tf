# A table's columns: the contract's, and bronze's with metadata (contracts/bronze.py has the same).
locals {
  columns = {
    for entry in local.entries : "${entry.source}_${entry.table.name}" => [
      for column in entry.table.properties : {
        name           = column.name
        type           = local.scalar_types["${entry.source}_${entry.table.name}.${column.name}"] # ARRAY: item_type says of what
        item_type      = try(local.scalar_types["${entry.source}_${entry.table.name}.${column.name}[]"], null)
        required       = try(column.required, false) || try(column.primaryKey, false)
        classification = try(column.classification, null)
        description    = try(column.description, null)
      }
    ]
  }

  # JSON is text in bronze, because Parquet has no JSON. Columns of cdc tables are nullable: a delete carries its key alone.
  bronze_columns = {
    for entry in local.entries : "${entry.source}_${entry.table.name}" => concat(
      [
        for column in local.columns["${entry.source}_${entry.table.name}"] : {
          name           = column.name
          type           = replace(column.type == "ARRAY" ? column.item_type : column.type, "/^JSON$/", "STRING")
          mode           = column.type == "ARRAY" ? "REPEATED" : column.required && entry.custom.capture == "stream" ? "REQUIRED" : "NULLABLE"
          classification = column.classification
          description    = column.description
        }
      ],
      [
        for metadata in entry.custom.capture == "cdc" ? local.cdc_metadata : local.stream_metadata :
        { name = metadata[0], type = metadata[1], mode = metadata[2], classification = null, description = null }
      ],
    )
  }

  cdc_metadata = [
    ["_change_type", "STRING", "NULLABLE"],
    ["_sort_key", "STRING", "NULLABLE"],
    ["_source_timestamp", "TIMESTAMP", "NULLABLE"],
    ["_ingested_at", "TIMESTAMP", "NULLABLE"],
    ["_batch_id", "STRING", "NULLABLE"],
    ["_raw", "STRING", "NULLABLE"],
  ]
  stream_metadata = [
    ["_message_id", "STRING", "REQUIRED"],
    ["_source_timestamp", "TIMESTAMP", "REQUIRED"],
    ["_ingested_at", "TIMESTAMP", "REQUIRED"],
    ["_batch_id", "STRING", "REQUIRED"],
    ["_raw", "STRING", "NULLABLE"],
  ]
}
