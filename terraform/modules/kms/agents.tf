# Asking for an agent makes it, where the project has never used its service: a grant to an agent that is not there fails.
resource "google_project_service_identity" "agent" {
  for_each = local.identities
  provider = google-beta

  project = var.project
  service = local.agents[each.key].api
}

data "google_storage_project_service_account" "agent" {
  count = contains(local.services, "storage") ? 1 : 0

  project = var.project
}

data "google_bigquery_default_service_account" "agent" {
  count = contains(local.services, "bigquery") ? 1 : 0

  project = var.project
}
