# The root as a whole, wired from a contract with three tables and an event (tests/contracts).
mock_provider "google" {}
mock_provider "google-beta" {}

variables {
  project          = "my-data-test"
  project_number   = "123456789012"
  environment      = "test"
  contracts_folder = "tests/contracts"
  processing       = { image = "europe-west1-docker.pkg.dev/my-data-test/sluice/sluice:1.0.0" }
  orchestration    = { enabled = false }
  replication = {
    connections = { shop = { hostname = "10.0.0.5", database = "shop" } }
  }
}

run "a_contract_becomes_a_platform" {
  command = plan

  assert {
    condition = output.tables == tolist([
      "bronze.shop_clicks", "bronze.shop_customers", "bronze.shop_orders", "bronze.shop_products",
      "ops.archive_shop_clicks", "ops.dead_letters",
    ])
    error_message = "Three tables of a database, one event and its archive, and the dead letters."
  }
  assert {
    condition     = toset(keys(output.policy_tags)) == toset(["payment", "pii"])
    error_message = "Each classification of the contract has a policy tag."
  }
  assert {
    condition     = keys(output.streams) == ["shop"] && keys(output.topics) == ["shop_clicks"]
    error_message = "The database has a stream, the event a topic."
  }
  assert {
    condition     = keys(module.processing.jobs) == ["shop"] && module.serving.instance == "sluice-test"
    error_message = "The source with an event has a streaming job and live values."
  }
}

run "a_prefix_keeps_two_platforms_apart" {
  command = plan
  variables {
    dataset_prefix = "test_"
    replication    = {}
  }
  expect_failures = [check.every_source_is_connected]

  assert {
    condition     = output.datasets == { bronze = "test_bronze", silver = "test_silver", gold = "test_gold", ops = "test_ops" }
    error_message = "Datasets have the prefix."
  }
}

run "refuses_what_no_project_can_be" {
  command = plan
  variables {
    project          = "My Project"
    project_number   = "my-data"
    environment      = "production-of-the-company"
    region           = "EU"
    location         = "Europe"
    dataset_prefix   = "test"
    labels           = { Team = "Data" }
    contracts_folder = "modules"
  }
  expect_failures = [
    var.project, var.project_number, var.environment, var.region, var.location, var.dataset_prefix, var.labels, var.contracts_folder,
  ]
}
