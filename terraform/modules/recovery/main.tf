# A nightly copy of datasets in another place. What is not here needs none: docs/terraform.md says what is lost when a region
# goes, and how each part comes back.
locals {
  agent  = "service-${var.project_number}@gcp-sa-bigquerydatatransfer.iam.gserviceaccount.com"
  copies = length(var.datasets) > 0 ? { this = true } : {}
}

resource "google_bigquery_dataset" "copy" {
  for_each = var.datasets

  project                    = var.project
  dataset_id                 = "${each.value}_copy"
  location                   = var.recovery_location
  description                = "${each.value} as it was last night; written by the transfer ${var.name} ${each.key}."
  delete_contents_on_destroy = !var.deletion_protection
  max_time_travel_hours      = 48

  dynamic "default_encryption_configuration" {
    for_each = var.recovery_key == null ? [] : [var.recovery_key]
    content {
      kms_key_name = default_encryption_configuration.value
    }
  }
}

resource "google_bigquery_data_transfer_config" "copy" {
  for_each = var.datasets

  project                = var.project
  display_name           = "${var.name} ${each.key}"
  data_source_id         = "cross_region_copy"
  location               = var.recovery_location
  destination_dataset_id = google_bigquery_dataset.copy[each.key].dataset_id
  schedule               = var.schedule
  service_account_name   = google_service_account.copier["this"].email

  params = {
    source_project_id           = var.project
    source_dataset_id           = each.value
    overwrite_destination_table = "true"
  }

  email_preferences {
    enable_failure_email = true
  }

  depends_on = [
    google_bigquery_dataset_access.reads,
    google_bigquery_dataset_access.writes,
    google_project_iam_member.copier,
    google_service_account_iam_member.deployer,
    google_service_account_iam_member.transfers,
  ]
}
