# Columns in the words of BigQuery's API, which answers with these names whatever it is asked with: so no plan differs.
locals {
  api_types = { INT64 = "INTEGER", FLOAT64 = "FLOAT", BOOL = "BOOLEAN" }
  tagged    = var.policy_tags ? var.classifications : []

  fields = {
    for id, table in merge(var.cdc_tables, var.events) : id => [
      for column in table.bronze_columns : {
        for key, value in {
          name        = column.name
          type        = lookup(local.api_types, column.type, column.type)
          mode        = column.mode
          description = column.description
          policyTags  = local.guarded[id] && try(contains(local.tagged, column.classification), false) ? { names = [google_data_catalog_policy_tag.this[column.classification].name] } : null
        } : key => value if value != null
      }
    ]
  }

  # A policy tag on an external table holds only where a connection reads the files.
  guarded = { for id in keys(merge(var.cdc_tables, var.events)) : id => var.biglake || contains(keys(var.events), id) }

  dead_letter_fields = [for column in [
    ["dead_letter_id", "STRING", "REQUIRED"],
    ["source", "STRING", "REQUIRED"],
    ["object", "STRING", "REQUIRED"],
    ["reason", "STRING", "REQUIRED"],
    ["detail", "STRING", "NULLABLE"],
    ["payload", "BYTES", "NULLABLE"],
    ["attributes", "STRING", "NULLABLE"],
    ["origin", "STRING", "REQUIRED"],
    ["published_at", "TIMESTAMP", "NULLABLE"],
    ["dead_lettered_at", "TIMESTAMP", "REQUIRED"],
    ["_batch_id", "STRING", "REQUIRED"],
  ] : { name = column[0], type = column[1], mode = column[2] }]

  archive_fields = [for column in [
    ["message_id", "STRING", "NULLABLE"],
    ["publish_time", "TIMESTAMP", "NULLABLE"],
    ["attributes", "STRING", "NULLABLE"],
    ["data", "BYTES", "NULLABLE"],
  ] : { name = column[0], type = column[1], mode = column[2] }]
}
