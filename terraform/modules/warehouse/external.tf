# Tables over Parquet files, one folder a day: change logs in bronze, events' raw messages in ops.
#
# What keeps the second plan empty: the schema is the table's own, not the external configuration's, which BigQuery refuses for
# Parquet; the partition column, which BigQuery adds to what it answers, counts as generated and not as a difference; and
# autodetect stays false, or the files' schema would be compared with the contract's.
locals {
  external = merge(
    {
      for id, table in var.cdc_tables : id => {
        layer = "bronze", path = "${table.source}/${table.name}", description = table.description, fields = jsonencode(local.fields[id])
      }
    },
    {
      for id, event in var.events : "archive_${id}" => {
        layer = "ops", path = "_archive/${event.source}/${event.name}", description = null, fields = jsonencode(local.archive_fields)
      }
    },
  )
}

resource "google_bigquery_table" "external" {
  #checkov:skip=CKV_GCP_80:it holds no rows; the files that it reads are encrypted with the bucket's key
  #checkov:skip=CKV_GCP_121:nothing is lost with it, and a change of its layout makes it anew; the plan guard refuses to delete it
  for_each = local.external

  project                      = var.project
  dataset_id                   = google_bigquery_dataset.layer[each.value.layer].dataset_id
  table_id                     = each.key
  description                  = each.value.description
  schema                       = each.value.fields
  ignore_auto_generated_schema = true
  # The rows are in the bucket, which is protected by itself: the table is a way to read them.
  deletion_protection = false

  external_data_configuration {
    autodetect    = false
    source_format = "PARQUET"
    source_uris   = ["gs://${var.bronze_bucket}/${each.value.path}/*"]
    connection_id = var.biglake ? google_bigquery_connection.bronze["bronze"].name : null

    hive_partitioning_options {
      mode                     = "CUSTOM"
      source_uri_prefix        = "gs://${var.bronze_bucket}/${each.value.path}/{ingestion_date:DATE}"
      require_partition_filter = var.require_partition_filter
    }
  }

  depends_on = [google_storage_bucket_iam_member.connection]
}

# The identity that reads the files. There is no metadata cache: the quality gate reads a batch as soon as it is written.
resource "google_bigquery_connection" "bronze" {
  for_each = var.biglake ? { bronze = var.bronze_bucket } : {}

  project       = var.project
  location      = var.location
  connection_id = var.datasets[each.key]
  friendly_name = "Bronze's files"

  cloud_resource {}
}

resource "google_storage_bucket_iam_member" "connection" {
  for_each = google_bigquery_connection.bronze

  bucket = var.bronze_bucket
  role   = "roles/storage.objectViewer"
  member = "serviceAccount:${each.value.cloud_resource[0].service_account_id}"
}
