mock_provider "google" {}
mock_provider "google-beta" {}

variables {
  project         = "sluice-test"
  project_number  = "123456789012"
  region          = "europe-west1"
  service_account = "sluice-dagster@sluice-test.iam.gserviceaccount.com"
  network_id      = "projects/sluice-test/global/networks/sluice"
  subnetwork_id   = "projects/sluice-test/regions/europe-west1/subnetworks/sluice"
  log_bucket      = "sluice-test-temp"
}

run "the_database_comes_first_and_is_closed" {
  command = plan

  assert {
    condition     = !google_sql_database_instance.this.settings[0].ip_configuration[0].ipv4_enabled && google_sql_database_instance.this.settings[0].ip_configuration[0].ssl_mode == "ENCRYPTED_ONLY"
    error_message = "A private address, and TLS."
  }
  assert {
    condition     = google_sql_database_instance.this.settings[0].backup_configuration[0].point_in_time_recovery_enabled && google_sql_database_instance.this.deletion_protection
    error_message = "Any second can be restored, and the instance cannot be deleted by mistake."
  }
  assert {
    condition     = google_sql_user.dagster.type == "CLOUD_IAM_SERVICE_ACCOUNT" && google_sql_user.dagster.name == "sluice-dagster@sluice-test.iam"
    error_message = "Dagster logs in as its service account; there is no password."
  }
  assert {
    condition     = length(google_cloud_run_v2_service.ui) + length(google_cloud_run_v2_worker_pool.daemon) == 0 && output.ui == null
    error_message = "Nothing runs before there is an image."
  }
}

run "dagster_runs_behind_iap" {
  command = plan
  variables {
    image       = "europe-west1-docker.pkg.dev/sluice-test/sluice/sluice:1.0.0"
    ui_members  = ["group:data@example.com"]
    environment = { SLUICE_LOCATION = "EU" }
    sources     = ["saas"]
  }
  override_resource {
    override_during = plan
    target          = google_sql_database_instance.this
    values          = { private_ip_address = "10.21.0.3" }
  }

  assert {
    condition     = google_cloud_run_v2_service.ui[0].iap_enabled && google_iap_web_cloud_run_service_iam_member.operators["group:data@example.com"].role == "roles/iap.httpsResourceAccessor"
    error_message = "IAP lets in whom it knows."
  }
  assert {
    condition     = google_cloud_run_v2_service_iam_member.iap[0].member == "serviceAccount:service-123456789012@gcp-sa-iap.iam.gserviceaccount.com"
    error_message = "Nobody but IAP calls the service."
  }
  assert {
    condition     = google_cloud_run_v2_service.ui[0].template[0].scaling[0].min_instance_count == 1
    error_message = "The UI is always there, unless it may start when it is opened."
  }
  assert {
    condition     = google_cloud_run_v2_worker_pool.daemon[0].scaling[0].manual_instance_count == 1
    error_message = "There is one daemon, always."
  }
  assert {
    condition     = toset(google_cloud_run_v2_service.ui[0].template[0].containers[*].name) == toset(["code", "webserver"]) && toset(google_cloud_run_v2_worker_pool.daemon[0].template[0].containers[*].name) == toset(["code", "daemon"])
    error_message = "Both have the code server beside them."
  }
  assert {
    condition = alltrue([
      for container in concat(google_cloud_run_v2_service.ui[0].template[0].containers, google_cloud_run_v2_worker_pool.daemon[0].template[0].containers) :
      length([for env in container.env : env if env.name == "SLUICE_LOCATION" && env.value == "EU"]) == 1 && length([for env in container.env : env if env.name == "SAAS_DATABASE_URL" && length(env.value_source) == 1]) == 1
    ])
    error_message = "Every container has the environment, and the secret by reference."
  }
  assert {
    condition     = google_secret_manager_secret_iam_member.dagster["saas"].secret_id == "sluice-saas-database-url"
    error_message = "Dagster may read that secret."
  }
  assert {
    condition     = length(flatten([for container in google_cloud_run_v2_service.ui[0].template[0].containers : container.ports])) == 1
    error_message = "One container takes requests."
  }
}

run "refuses_wrong_input" {
  command = plan
  variables {
    project_number  = "sluice"
    name            = "Sluice"
    image           = "sluice"
    service_account = "ann@example.com"
    sources         = ["Saas-DB"]
    ui_members      = ["allUsers"]
    ingress         = "ALL"
    launch_stage    = "ALPHA"
    run_memory      = "4096"
    database_tier   = "n1-standard-1"
    environment     = { PORT = "3000" }
    backup_location = "Europe"
  }
  expect_failures = [
    var.environment, var.backup_location,
    var.project_number, var.name, var.image, var.service_account, var.sources, var.ui_members, var.ingress,
    var.launch_stage, var.run_memory, var.database_tier,
  ]
}

run "refuses_processors_that_no_instance_has" {
  command = plan
  variables {
    run_cpu = "8"
  }
  expect_failures = [var.run_cpu]
}

run "refuses_memory_that_its_processors_cannot_have" {
  command = plan
  variables {
    run_cpu    = "1"
    run_memory = "8Gi"
  }
  expect_failures = [var.run_memory]
}
