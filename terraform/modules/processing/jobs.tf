# A streaming job a source. To stop one is to drain it: what it has read it finishes, and the next one goes on from there.
resource "google_dataflow_flex_template_job" "events_to_bronze" {
  for_each = var.image != null && var.streaming_jobs ? var.streams : []
  provider = google-beta

  project                 = var.project
  region                  = var.region
  name                    = "events-to-bronze-${replace(each.key, "_", "-")}"
  container_spec_gcs_path = "gs://${var.artefacts_bucket}/${google_storage_bucket_object.template["events_to_bronze"].name}"
  parameters              = { pipeline = "events_to_bronze", source = each.key }
  on_delete               = "drain"

  service_account_email = var.service_accounts["events_to_bronze"]
  subnetwork            = var.subnetwork
  ip_configuration      = "WORKER_IP_PRIVATE"
  kms_key_name          = var.kms_key
  sdk_container_image   = var.image
  temp_location         = "gs://${var.temp_bucket}/dataflow/temp"
  staging_location      = "gs://${var.temp_bucket}/dataflow/staging"

  enable_streaming_engine = true
  autoscaling_algorithm   = "AUTOSCALING_ALGORITHM_BASIC" # by throughput
  machine_type            = var.workers.machine_type
  num_workers             = 1
  max_workers             = var.workers.maximum
}
