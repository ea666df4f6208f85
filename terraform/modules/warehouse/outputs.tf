output "datasets" {
  description = "Layer -> dataset id, once it is there."
  value       = { for layer, dataset in google_bigquery_dataset.layer : layer => dataset.dataset_id }
}

output "tables" {
  description = "Every table, as dataset.table."
  value = sort([
    for table in concat(values(google_bigquery_table.external), values(google_bigquery_table.event), [google_bigquery_table.dead_letters]) :
    "${table.dataset_id}.${table.table_id}"
  ])
}

output "policy_tags" {
  description = "Classification -> the resource name of its policy tag, for dbt's columns."
  value       = { for classification, tag in google_data_catalog_policy_tag.this : classification => tag.name }
}

output "connection" {
  description = "The connection through which external tables are read; null without one."
  value       = one(values(google_bigquery_connection.bronze)[*].name)
}
