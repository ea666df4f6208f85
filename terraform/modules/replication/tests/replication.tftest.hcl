mock_provider "google" {
  mock_resource "google_secret_manager_secret" {
    defaults = {
      id = "projects/my-data-test/secrets/sluice-shop-database"
    }
  }
}

variables {
  project        = "my-data-test"
  region         = "europe-west1"
  landing_bucket = "my-data-test-landing"
  agent          = "service-1@gcp-sa-datastream.iam.gserviceaccount.com"
  sources = {
    shop = { database = { type = "postgresql", schema = "sales" }, tables = ["customers", "Orders", "products"] }
    crm  = { database = { type = "mysql", schema = "crm" }, tables = ["leads"] }
  }
  connections = {
    shop = { hostname = "10.0.0.5", database = "shop" }
    crm  = { hostname = "10.0.0.6", database = "crm", state = "PAUSED" }
  }
}

run "streams" {
  assert {
    condition     = google_datastream_stream.source["shop"].source_config[0].postgresql_source_config[0].include_objects[0].postgresql_schemas[0].postgresql_tables[*].table == tolist(["customers", "Orders", "products"])
    error_message = "The stream reads the contract's tables, by their names in the source."
  }
  assert {
    condition     = google_datastream_connection_profile.source["shop"].postgresql_profile[0].port == 5432 && google_datastream_connection_profile.source["crm"].mysql_profile[0].port == 3306
    error_message = "Each database has its usual port."
  }
  assert {
    condition     = google_datastream_connection_profile.source["shop"].postgresql_profile[0].secret_manager_stored_password == "projects/my-data-test/secrets/sluice-shop-database/versions/latest"
    error_message = "The password is read from Secret Manager, and is in no state."
  }
  assert {
    condition     = google_datastream_stream.source["crm"].source_config[0].mysql_source_config[0].include_objects[0].mysql_databases[0].database == "crm"
    error_message = "A MySQL source is read by database."
  }
  assert {
    condition     = length(google_datastream_stream.source["shop"].destination_config[0].gcs_destination_config[0].avro_file_format) == 1
    error_message = "Files are Avro."
  }
  assert {
    condition     = length(google_datastream_private_connection.this) == 0
    error_message = "Without a range there is no private connection."
  }
}

run "privately_and_only_some" {
  variables {
    connections   = { shop = { hostname = "10.0.0.5", database = "shop", secret = false } }
    private_range = "10.22.0.0/29"
    network_id    = "projects/my-data-test/global/networks/sluice"
  }
  assert {
    condition     = length(google_datastream_connection_profile.source["shop"].private_connectivity) == 1
    error_message = "Profiles go through the private connection."
  }
  assert {
    condition     = output.unconnected == toset(["crm"]) && length(google_secret_manager_secret.password) == 0
    error_message = "A source without a connection is told; one without a password has no secret."
  }
}

run "refuses_a_source_that_no_contract_has" {
  command = plan
  variables {
    connections        = { shoop = { hostname = "10.0.0.5", database = "shop" } }
    rotation_seconds   = 5
    rotation_megabytes = 0
    backfill_tasks     = 0
    private_range      = "10.22.0.0/24"
  }
  expect_failures = [var.connections, var.rotation_seconds, var.rotation_megabytes, var.backfill_tasks, var.private_range]
}

run "refuses_a_url" {
  command = plan
  variables {
    connections = { shop = { hostname = "postgresql://10.0.0.5/shop", database = "shop", port = 70000, state = "ON" } }
  }
  expect_failures = [var.connections]
}
