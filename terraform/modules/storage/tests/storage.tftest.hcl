mock_provider "google" {
  # The real provider looks at the form of members; the mock would make up a word.
  mock_data "google_storage_project_service_account" {
    defaults = { member = "serviceAccount:service-1@gs-project-accounts.iam.gserviceaccount.com" }
  }
}

variables {
  project  = "my-data-test"
  location = "EU"
  buckets = {
    landing = "my-data-test-landing", bronze = "my-data-test-bronze", archive = "my-data-test-archive"
    temp    = "my-data-test-temp", artefacts = "my-data-test-artefacts"
  }
}

run "every_bucket_is_closed" {
  command = plan

  assert {
    condition     = length(google_storage_bucket.this) == 5
    error_message = "Five roles, five buckets."
  }
  assert {
    condition = alltrue([
      for bucket in google_storage_bucket.this :
      bucket.uniform_bucket_level_access && bucket.public_access_prevention == "enforced" && !bucket.force_destroy
    ])
    error_message = "No bucket is public, none has object ACLs, none goes with its objects."
  }
  assert {
    condition     = google_storage_bucket.this["temp"].soft_delete_policy[0].retention_duration_seconds == 0
    error_message = "What is temporary is not kept after its deletion."
  }
  assert {
    condition = anytrue([
      for rule in google_storage_bucket.this["landing"].lifecycle_rule :
      one(rule.action).storage_class == "ARCHIVE" && one(rule.condition).age == 90
    ])
    error_message = "Landing moves to the archive class after 90 days."
  }
}

run "retention_and_versions_do_not_meet" {
  command = plan
  variables {
    landing_retention_days = 30
  }

  assert {
    condition = alltrue([
      for bucket in google_storage_bucket.this : !(bucket.versioning[0].enabled && length(bucket.retention_policy) > 0)
    ])
    error_message = "A bucket has a retention policy or versions, never both."
  }
  assert {
    condition     = google_storage_bucket.this["landing"].retention_policy[0].retention_period == "2592000"
    error_message = "30 days are 2592000 seconds."
  }
}

run "folders_and_announcements" {
  command = plan
  variables {
    managed_folders = ["saas", "shop"]
    notifications   = true
  }

  assert {
    condition     = length(google_storage_managed_folder.source) == 4
    error_message = "Two sources have a folder each in landing and bronze."
  }
  assert {
    condition     = google_storage_notification.objects["landing"].event_types == toset(["OBJECT_FINALIZE"])
    error_message = "New files are announced."
  }
}

run "a_key_encrypts_every_bucket" {
  command = plan
  variables {
    kms_key = "projects/p/locations/europe/keyRings/r/cryptoKeys/storage"
  }
  assert {
    condition     = alltrue([for bucket in google_storage_bucket.this : bucket.encryption[0].default_kms_key_name == var.kms_key])
    error_message = "Each bucket has the key."
  }
}

run "refuses_what_the_service_would" {
  command = plan
  variables {
    soft_delete_days  = 3
    turbo_replication = true
    buckets           = { landing = "my-data-test-landing" }
  }
  expect_failures = [var.soft_delete_days, var.turbo_replication, var.buckets]
}

run "refuses_one_region_of_two" {
  command = plan
  variables {
    data_locations = ["EUROPE-WEST1"]
  }
  expect_failures = [var.data_locations]
}
