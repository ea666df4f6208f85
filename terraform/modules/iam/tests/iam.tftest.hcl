mock_provider "google" {}
mock_provider "google-beta" {}

variables {
  project        = "sluice-test"
  project_number = "123456789012"
}

run "accounts_without_data_have_project_roles_alone" {
  command = plan

  assert {
    condition = toset(keys(output.service_accounts)) == toset([
      "landing_to_bronze", "events_to_bronze", "dagster", "dbt", "datastream", "ci", "ci_plan",
    ])
    error_message = "One identity a workload."
  }
  assert {
    condition     = google_service_account.this["landing_to_bronze"].account_id == "sluice-landing"
    error_message = "Accounts are named after their workload."
  }
  assert {
    condition     = length(google_storage_bucket_iam_member.workload) + length(google_bigquery_dataset_access.workload) + length(google_iam_workload_identity_pool.ci) == 0
    error_message = "Nothing is granted on what is not there."
  }
  assert {
    condition = alltrue([for member in google_project_iam_member.workload : !contains(
      ["roles/owner", "roles/editor", "roles/viewer"], member.role
    )])
    error_message = "No basic roles."
  }
  assert {
    condition     = alltrue([for permission in google_project_iam_custom_role.plan.permissions : endswith(permission, ".get")])
    error_message = "What a plan has beyond that reads settings alone."
  }
  assert {
    condition     = !anytrue([for key, member in google_project_iam_member.workload : startswith(key, "ci_plan ") && can(regex("(admin|Admin|editor|Editor|accessor|Accessor)", member.role))])
    error_message = "A pull request reads settings, and changes nothing."
  }
}

run "data_is_granted_by_the_thing" {
  command = plan
  variables {
    buckets             = { landing = "p-landing", bronze = "p-bronze", temp = "p-temp", archive = "p-archive", artefacts = "p-artefacts" }
    datasets            = { bronze = "bronze", silver = "silver", gold = "gold", ops = "ops" }
    event_subscriptions = { saas_usage_events = "saas_usage_events_bronze" }
    dead_letter_topics  = { saas_usage_events = "saas_usage_events_dead_letters" }
    bigtable_instance   = "sluice"
    registry            = { location = "europe-west1", repository = "sluice" }
  }

  assert {
    condition     = google_storage_bucket_iam_member.workload["landing datastream roles/storage.objectCreator"].member == "serviceAccount:service-123456789012@gcp-sa-datastream.iam.gserviceaccount.com"
    error_message = "Datastream's agent writes to landing."
  }
  assert {
    condition     = length([for key, member in google_storage_bucket_iam_member.workload : key if member.bucket == "p-landing" && can(regex("object(User|Creator|Admin)$", key))]) == 1
    error_message = "Nobody but Datastream writes to landing, and nobody deletes there."
  }
  assert {
    condition     = alltrue([for key, member in google_storage_bucket_iam_member.workload : member.bucket != "p-archive"])
    error_message = "No workload reaches a bucket that it has no line for."
  }
  assert {
    condition     = google_storage_bucket_iam_member.workload["artefacts ci_plan roles/storage.objectViewer"].bucket == "p-artefacts"
    error_message = "A plan compares the templates."
  }
  assert {
    condition     = toset([for key, member in google_bigquery_dataset_access.workload : key if member.role == "WRITER"]) == toset(["bronze events_to_bronze", "silver dbt", "gold dbt", "ops landing_to_bronze", "ops events_to_bronze", "ops dagster", "ops dbt"])
    error_message = "Each layer has its writer."
  }
  assert {
    condition     = length(google_pubsub_subscription_iam_member.events) == 2 && google_pubsub_topic_iam_member.dead_letters["saas_usage_events"].role == "roles/pubsub.publisher"
    error_message = "The streaming pipeline reads events and publishes dead letters."
  }
  assert {
    condition     = keys(google_artifact_registry_repository_iam_member.images) == ["events_to_bronze", "landing_to_bronze"]
    error_message = "Workers fetch their image."
  }
  assert {
    condition     = google_bigtable_instance_iam_member.live_values[0].role == "roles/bigtable.user"
    error_message = "The streaming pipeline writes live values."
  }
}

run "only_main_applies" {
  command = plan
  variables {
    github_repository = "acme/platform"
    state_bucket      = "acme-terraform"
  }
  override_resource {
    override_during = plan
    target          = google_iam_workload_identity_pool.ci
    values          = { name = "projects/123456789012/locations/global/workloadIdentityPools/sluice-ci" }
  }

  assert {
    condition     = google_service_account_iam_member.ci["ci"].member == "principalSet://iam.googleapis.com/projects/123456789012/locations/global/workloadIdentityPools/sluice-ci/attribute.repository_ref/acme/platform@refs/heads/main"
    error_message = "Applying needs the branch main."
  }
  assert {
    condition     = endswith(google_service_account_iam_member.ci["ci_plan"].member, "attribute.repository/acme/platform")
    error_message = "Planning needs the repository."
  }
  assert {
    condition     = google_iam_workload_identity_pool_provider.github["this"].attribute_condition == "assertion.repository == 'acme/platform'"
    error_message = "Tokens of other repositories are not even exchanged."
  }
  assert {
    condition     = google_storage_bucket_iam_member.state["ci_plan"].role == "roles/storage.objectViewer"
    error_message = "A plan does not write state."
  }
}

run "an_owner_can_be_named_by_number" {
  command = plan
  variables {
    github_repository = "acme/platform"
    github_owner_id   = "12345"
  }

  assert {
    condition     = google_iam_workload_identity_pool_provider.github["this"].attribute_condition == "assertion.repository == 'acme/platform' && assertion.repository_owner_id == '12345'"
    error_message = "Both the name and the number must be the owner's."
  }
}

run "access_is_logged" {
  command = plan
  variables {
    org_policies = ["iam.disableServiceAccountKeyCreation"]
  }

  assert {
    condition     = length(google_project_iam_audit_config.data_access["allServices"].audit_log_config) == 3
    error_message = "Reads and writes of data are logged."
  }
  assert {
    condition     = google_org_policy_policy.enforced["iam.disableServiceAccountKeyCreation"].spec[0].rules[0].enforce == "TRUE"
    error_message = "The policy is enforced."
  }
}

run "refuses_wrong_input" {
  command = plan
  variables {
    project_number    = "sluice"
    name              = "a-name-that-is-far-too-long"
    github_repository = "https://github.com/acme/platform"
    github_owner_id   = "acme"
    apply_ref         = "refs/heads/*"
    audited_services  = ["storage"]
    audit_log_types   = ["READ"]
    org_policies      = ["constraints/iam.disableServiceAccountKeyCreation"]
    state_bucket      = "gs://my-data-terraform"
  }
  expect_failures = [
    var.project_number, var.name, var.github_repository, var.github_owner_id, var.apply_ref, var.audited_services, var.audit_log_types,
    var.org_policies, var.state_bucket,
  ]
}
