mock_provider "google" {}
mock_provider "google-beta" {}

variables {
  project        = "sluice-test"
  project_number = "123456789012"
}

run "off_by_default" {
  command = plan

  assert {
    condition     = length(google_bigquery_dataset.copy) + length(google_bigquery_data_transfer_config.copy) + length(google_service_account.copier) == 0
    error_message = "No datasets, nothing."
  }
}

run "a_copy_a_dataset" {
  command = plan
  variables {
    datasets          = { silver = "silver", gold = "gold" }
    recovery_location = "europe-north1"
    deployers         = { ci = "sluice-ci@sluice-test.iam.gserviceaccount.com" }
  }

  assert {
    condition     = output.copies == { silver = "silver_copy", gold = "gold_copy" }
    error_message = "A copy beside each dataset."
  }
  assert {
    condition     = google_bigquery_data_transfer_config.copy["gold"].params.source_dataset_id == "gold" && google_bigquery_data_transfer_config.copy["gold"].destination_dataset_id == "gold_copy"
    error_message = "Gold goes to gold's copy."
  }
  assert {
    condition     = alltrue([for dataset in google_bigquery_dataset.copy : dataset.location == "europe-north1" && !dataset.delete_contents_on_destroy])
    error_message = "Elsewhere, and kept."
  }
  assert {
    condition     = google_bigquery_dataset_access.reads["silver"].role == "READER" && google_bigquery_dataset_access.writes["silver"].dataset_id == "silver_copy" && google_bigquery_dataset_access.writes["silver"].role == "OWNER"
    error_message = "The copier reads the one, and may write and set up the other."
  }
  assert {
    condition     = google_service_account_iam_member.deployer["ci"].role == "roles/iam.serviceAccountUser"
    error_message = "CI may make a transfer that runs as the copier."
  }
  assert {
    condition     = google_service_account_iam_member.transfers["this"].member == "serviceAccount:service-123456789012@gcp-sa-bigquerydatatransfer.iam.gserviceaccount.com"
    error_message = "The transfer service acts as the copier."
  }
}

run "refuses_wrong_input" {
  command = plan
  variables {
    project_number    = "sluice"
    name              = "Sluice"
    schedule          = "0 3 * * *"
    recovery_location = "Europe"
    recovery_key      = "my-key"
    datasets          = { raw = "raw" }
    deployers         = { ci = "ci" }
  }
  expect_failures = [var.project_number, var.name, var.schedule, var.recovery_location, var.recovery_key, var.datasets, var.deployers]
}
