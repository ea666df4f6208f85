mock_provider "google" {}
mock_provider "google-beta" {}

variables {
  project        = "sluice-test"
  project_number = "123456789012"
  region         = "europe-west1"
  data_location  = "EU"
}

run "a_key_a_service_with_its_agent_alone" {
  command = plan

  assert {
    condition     = length(google_kms_crypto_key.this) == 9 && length(google_kms_crypto_key_iam_member.agent) == 10
    error_message = "Nine keys; Dataflow's has two users."
  }
  assert {
    condition     = google_kms_crypto_key_iam_member.agent["pubsub"].member == "serviceAccount:service-123456789012@gcp-sa-pubsub.iam.gserviceaccount.com"
    error_message = "Pub/Sub's key belongs to Pub/Sub's agent."
  }
  assert {
    condition     = google_kms_crypto_key_iam_member.agent["dataflow-disks"].member == "serviceAccount:service-123456789012@compute-system.iam.gserviceaccount.com"
    error_message = "Dataflow's disks are Compute Engine's."
  }
  assert {
    condition     = alltrue([for key in google_kms_crypto_key.this : key.rotation_period == "7776000s" && key.destroy_scheduled_duration == "2592000s"])
    error_message = "Rotated after 90 days, restorable for 30."
  }
  assert {
    condition     = output.keys["bigquery"] == "projects/sluice-test/locations/europe/keyRings/sluice/cryptoKeys/bigquery"
    error_message = "A key is known by its name before it is there."
  }
  assert {
    condition     = toset(keys(google_kms_key_ring.this)) == toset(["europe", "europe-west1"])
    error_message = "Keys lie where their data is."
  }
  assert {
    condition     = !contains(keys(google_project_service_identity.agent), "storage") && contains(keys(google_project_service_identity.agent), "datastream")
    error_message = "Agents are asked for where that is how they come to be."
  }
}

run "regional_data_needs_one_ring" {
  command = plan
  variables {
    data_location = "europe-west1"
    services      = ["storage", "pubsub"]
  }

  assert {
    condition     = keys(google_kms_key_ring.this) == ["europe-west1"]
    error_message = "One location, one ring."
  }
  assert {
    condition     = output.keys["bigquery"] == null
    error_message = "A service that was left out has no key."
  }
}

run "copies_have_a_key_where_they_are" {
  command = plan
  variables {
    copies_location = "europe-west4"
  }

  assert {
    condition     = output.keys["copies"] == "projects/sluice-test/locations/europe-west4/keyRings/sluice/cryptoKeys/copies"
    error_message = "A key must be where the data is."
  }
  assert {
    condition     = google_kms_crypto_key_iam_member.agent["copies"].member == "serviceAccount:bq-123456789012@bigquery-encryption.iam.gserviceaccount.com"
    error_message = "BigQuery's agent uses it."
  }
}

run "off_means_nothing" {
  command = plan
  variables {
    enabled = false
  }

  assert {
    condition     = length(google_kms_key_ring.this) + length(google_kms_crypto_key.this) + length(google_kms_crypto_key_iam_member.agent) + length(google_project_service_identity.agent) == 0
    error_message = "Nothing is made."
  }
  assert {
    condition     = length(output.keys) == 10 && alltrue([for key in values(output.keys) : key == null])
    error_message = "Every key is null."
  }
}

run "refuses_wrong_input" {
  command = plan
  variables {
    project_number     = "my-project"
    name               = "a ring"
    services           = ["storage", "spanner"]
    rotation_days      = 0
    destroy_delay_days = 500
    protection_level   = "SOFT"
    copies_location    = "Europe"
  }
  expect_failures = [
    var.project_number, var.name, var.services, var.rotation_days, var.destroy_delay_days, var.protection_level, var.copies_location,
  ]
}
