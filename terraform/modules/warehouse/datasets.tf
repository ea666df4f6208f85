# One dataset a layer.
locals {
  descriptions = {
    bronze = "What arrived, as it arrived: change logs and events."
    silver = "Current state and history of each source, by its key. dbt's."
    gold   = "What people use. dbt's."
    ops    = "What the platform knows of itself: dead letters, raw messages."
  }
}

resource "google_bigquery_dataset" "layer" {
  for_each = local.descriptions

  project                    = var.project
  dataset_id                 = var.datasets[each.key]
  location                   = var.location
  description                = each.value
  max_time_travel_hours      = tostring(var.time_travel_hours)
  storage_billing_model      = var.storage_billing_model
  delete_contents_on_destroy = !var.deletion_protection

  dynamic "default_encryption_configuration" {
    for_each = var.kms_key == null ? [] : [var.kms_key]
    content {
      kms_key_name = default_encryption_configuration.value
    }
  }
}

# A view reads what it stands on for those who may only read the view: no broad readers of the layer below.
resource "google_bigquery_dataset_access" "views" {
  for_each = var.authorized_datasets ? { silver = "bronze", gold = "silver" } : {}

  project    = var.project
  dataset_id = google_bigquery_dataset.layer[each.value].dataset_id

  dataset {
    dataset {
      project_id = var.project
      dataset_id = google_bigquery_dataset.layer[each.key].dataset_id
    }
    target_types = ["VIEWS"]
  }
}
