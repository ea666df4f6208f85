# Where each source's database is, and how to read it: Dagster compares it with silver. The user in that URL need only read.
# A value is put in by hand (docs/deploy.md), never by Terraform, so it is in no plan and in no state.
resource "google_secret_manager_secret" "source_url" {
  for_each = var.sources

  project   = var.project
  secret_id = "${var.name}-${replace(each.key, "_", "-")}-database-url"
  labels    = var.labels

  replication {
    user_managed {
      replicas {
        location = var.region
        dynamic "customer_managed_encryption" {
          for_each = var.secret_key == null ? [] : [var.secret_key]
          content {
            kms_key_name = customer_managed_encryption.value
          }
        }
      }
    }
  }
}

resource "google_secret_manager_secret_iam_member" "dagster" {
  for_each = google_secret_manager_secret.source_url

  project   = var.project
  secret_id = each.value.secret_id
  role      = "roles/secretmanager.secretAccessor"
  member    = "serviceAccount:${var.service_account}"
}
