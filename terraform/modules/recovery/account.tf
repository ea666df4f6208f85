# The copies have an account of their own, which the transfer service may act as.
resource "google_service_account" "copier" {
  for_each = local.copies

  project      = var.project
  account_id   = "${var.name}-copier"
  display_name = "${var.name} copier"
  description  = "Copies datasets to ${var.recovery_location}."
}

resource "google_project_service_identity" "transfers" {
  for_each = local.copies
  provider = google-beta

  project = var.project
  service = "bigquerydatatransfer.googleapis.com"
}

resource "google_service_account_iam_member" "transfers" {
  for_each = local.copies

  service_account_id = google_service_account.copier[each.key].name
  role               = "roles/iam.serviceAccountTokenCreator"
  member             = "serviceAccount:${local.agent}"

  depends_on = [google_project_service_identity.transfers]
}

resource "google_project_iam_member" "copier" {
  for_each = local.copies

  project = var.project
  role    = "roles/bigquery.jobUser"
  member  = "serviceAccount:${google_service_account.copier[each.key].email}"
}

# CI may bring a transfer to run as the copier.
resource "google_service_account_iam_member" "deployer" {
  for_each = length(local.copies) == 0 ? {} : var.deployers

  service_account_id = google_service_account.copier["this"].name
  role               = "roles/iam.serviceAccountUser"
  member             = "serviceAccount:${each.value}"
}

# As entries of the access lists: an IAM member would write them anew, without the authorized datasets in them.
resource "google_bigquery_dataset_access" "reads" {
  for_each = var.datasets

  project       = var.project
  dataset_id    = each.value
  role          = "READER"
  user_by_email = google_service_account.copier["this"].email
}

# A transfer also changes its destination's settings (bigquery.datasets.update) and its columns' policy tags.
resource "google_bigquery_dataset_access" "writes" {
  for_each = var.datasets

  project       = var.project
  dataset_id    = google_bigquery_dataset.copy[each.key].dataset_id
  role          = "OWNER"
  user_by_email = google_service_account.copier["this"].email
}
