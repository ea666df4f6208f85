# Two sinks. What was done to the platform and its data is kept long, in a log bucket; what the platform says of itself goes
# to BigQuery, where it can be asked about beside the data.
resource "google_logging_project_bucket_config" "audit" {
  project          = var.project
  location         = var.log_location
  bucket_id        = "${var.name}-audit"
  description      = "Who changed what, and who read which data."
  retention_days   = var.audit_retention_days
  locked           = var.lock_audit_logs
  enable_analytics = true
}

resource "google_logging_project_sink" "audit" {
  project                = var.project
  name                   = "${var.name}-audit"
  description            = "Audit logs, kept for ${var.audit_retention_days} days."
  destination            = "logging.googleapis.com/${google_logging_project_bucket_config.audit.id}"
  filter                 = "log_id(\"cloudaudit.googleapis.com/activity\") OR log_id(\"cloudaudit.googleapis.com/data_access\") OR log_id(\"cloudaudit.googleapis.com/policy\")"
  unique_writer_identity = true
}

resource "google_bigquery_dataset" "logs" {
  project                         = var.project
  dataset_id                      = var.log_dataset
  location                        = var.dataset_location
  description                     = "What the platform logs: written by a sink, one partition a day."
  default_table_expiration_ms     = null
  default_partition_expiration_ms = var.log_retention_days * 86400000
  delete_contents_on_destroy      = !var.deletion_protection
  max_time_travel_hours           = 48

  dynamic "default_encryption_configuration" {
    for_each = var.dataset_key == null ? [] : [var.dataset_key]
    content {
      kms_key_name = default_encryption_configuration.value
    }
  }
}

resource "google_logging_project_sink" "platform" {
  project                = var.project
  name                   = "${var.name}-platform"
  description            = "Dagster's and Dataflow's logs, Datastream's and BigQuery's errors."
  destination            = "bigquery.googleapis.com/${google_bigquery_dataset.logs.id}"
  unique_writer_identity = true

  filter = <<-EOT
    (resource.type=("cloud_run_revision" OR "cloud_run_worker_pool") AND severity>=INFO)
    OR (resource.type="dataflow_step" AND severity>=WARNING)
    OR (resource.type="datastream.googleapis.com/Stream" AND severity>=WARNING)
    OR (resource.type="bigquery_resource" AND severity>=ERROR)
  EOT

  bigquery_options {
    use_partitioned_tables = true
  }
}

# Each sink has an identity of its own, and that one alone may write to its dataset.
resource "google_bigquery_dataset_iam_member" "sink" {
  project    = var.project
  dataset_id = google_bigquery_dataset.logs.dataset_id
  role       = "roles/bigquery.dataEditor"
  member     = google_logging_project_sink.platform.writer_identity
}
