mock_provider "google" {}
mock_provider "google-beta" {}

variables {
  project          = "my-data-test"
  region           = "europe-west1"
  image            = "europe-west1-docker.pkg.dev/my-data-test/sluice/pipelines:1.0.0"
  artefacts_bucket = "my-data-test-artefacts"
  temp_bucket      = "my-data-test-temp"
  streams          = ["shop", "web_app"]
  subnetwork       = "https://www.googleapis.com/compute/v1/projects/my-data-test/regions/europe-west1/subnetworks/sluice"
  service_accounts = {
    events_to_bronze  = "events@my-data-test.iam.gserviceaccount.com"
    landing_to_bronze = "landing@my-data-test.iam.gserviceaccount.com"
  }
}

run "jobs" {
  command = plan

  assert {
    condition     = keys(google_dataflow_flex_template_job.events_to_bronze) == ["shop", "web_app"]
    error_message = "A job a source."
  }
  assert {
    condition = alltrue([
      for job in google_dataflow_flex_template_job.events_to_bronze :
      job.on_delete == "drain" && job.ip_configuration == "WORKER_IP_PRIVATE" && job.enable_streaming_engine
      && job.service_account_email == var.service_accounts.events_to_bronze
    ])
    error_message = "Jobs drain, have private workers and an account of their own."
  }
  assert {
    condition     = jsondecode(google_storage_bucket_object.template["landing_to_bronze"].content).metadata.streaming == false
    error_message = "The batch pipeline has a template too."
  }
  assert {
    condition     = google_artifact_registry_repository.images.docker_config[0].immutable_tags
    error_message = "A tag never moves."
  }
}

run "another_image_is_another_template" {
  command = plan
  variables {
    image = "europe-west1-docker.pkg.dev/my-data-test/sluice/pipelines:1.0.1"
  }
  assert {
    condition     = output.templates.events_to_bronze != run.jobs.templates.events_to_bronze
    error_message = "A template is never overwritten."
  }
}

run "before_the_first_image" {
  command = plan
  variables {
    image = null
  }
  assert {
    condition     = length(google_dataflow_flex_template_job.events_to_bronze) == 0 && length(google_storage_bucket_object.template) == 0
    error_message = "The registry comes first; without an image nothing can run."
  }
}

run "refuses" {
  command = plan
  variables {
    image            = "europe-west1-docker.pkg.dev/my-data-test/sluice/pipelines:latest"
    kept_images      = 1
    service_accounts = {}
    workers          = { maximum = 0 }
  }
  expect_failures = [var.image, var.kept_images, var.service_accounts, var.workers]
}
