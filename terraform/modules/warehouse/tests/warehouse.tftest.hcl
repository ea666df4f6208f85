mock_provider "google" {
  mock_resource "google_data_catalog_policy_tag" {
    defaults = {
      name = "projects/my-data-test/locations/eu/taxonomies/1/policyTags/2"
    }
  }
  mock_resource "google_bigquery_connection" {
    defaults = {
      name           = "projects/my-data-test/locations/EU/connections/bronze"
      cloud_resource = { service_account_id = "bqcx-1@gcp-sa-bigquery-condel.iam.gserviceaccount.com" }
    }
  }
}

variables {
  project       = "my-data-test"
  location      = "EU"
  datasets      = { bronze = "test_bronze", silver = "test_silver", gold = "test_gold", ops = "test_ops" }
  bronze_bucket = "my-data-test-bronze"
  # Overridden below by what the contracts say.
  cdc_tables = {}
  events     = {}
}

run "contracts" {
  command = plan
  module {
    source = "../contracts"
  }
  variables {
    folder = "../../tests/contracts"
  }
}

run "tables" {
  variables {
    cdc_tables      = run.contracts.cdc_tables
    events          = run.contracts.events
    classifications = run.contracts.classifications
    column_readers  = { dbt = "serviceAccount:dbt@my-data-test.iam.gserviceaccount.com" }
    masked_readers  = { analysts = "group:analysts@example.com" }
    event_days      = 400
  }

  assert {
    condition     = toset(keys(google_bigquery_table.external)) == toset(["shop_customers", "shop_orders", "shop_products", "archive_shop_clicks"])
    error_message = "Three tables of a database are three external tables; an event's raw messages are a fourth."
  }
  assert {
    condition = alltrue([
      for table in google_bigquery_table.external : !table.external_data_configuration[0].autodetect
      && table.external_data_configuration[0].hive_partitioning_options[0].mode == "CUSTOM"
      && table.external_data_configuration[0].hive_partitioning_options[0].require_partition_filter
      && table.ignore_auto_generated_schema
    ])
    error_message = "External tables have the contract's schema and a partition filter."
  }
  assert {
    condition = (
      google_bigquery_table.external["shop_orders"].external_data_configuration[0].hive_partitioning_options[0].source_uri_prefix
      == "gs://my-data-test-bronze/shop/orders/{ingestion_date:DATE}"
    )
    error_message = "Files are where landing_to_bronze writes them: by the table's name, not the source's spelling of it."
  }
  assert {
    condition = [
      for field in jsondecode(google_bigquery_table.external["shop_customers"].schema) : field.name if can(field.policyTags)
    ] == ["email", "card"]
    error_message = "Classified columns have policy tags, others none."
  }
  assert {
    condition = [
      for field in slice(jsondecode(google_bigquery_table.external["shop_orders"].schema), 0, 11) : field.type
    ] == ["STRING", "INTEGER", "NUMERIC", "BIGNUMERIC", "BIGNUMERIC", "FLOAT", "DATETIME", "TIMESTAMP", "TIME", "STRING", "BYTES"]
    error_message = "Types follow the contract, in the words of BigQuery's API."
  }
  assert {
    condition     = google_bigquery_table.event["shop_clicks"].clustering == tolist(["click_id"]) && google_bigquery_table.event["shop_clicks"].deletion_protection
    error_message = "Events are native, clustered by their key, and protected."
  }
  assert {
    condition     = google_bigquery_table.event["shop_clicks"].time_partitioning[0].expiration_ms == 17280000000
    error_message = "The contract's 200 days are 17280000000 ms, and count more than event_days."
  }
  assert {
    condition     = toset(keys(google_data_catalog_policy_tag.this)) == toset(["payment", "pii"]) && keys(google_bigquery_datapolicy_data_policy.masking) == ["pii"]
    error_message = "Each classification has a tag; only the one with a masking rule is masked, the other is closed."
  }
  assert {
    condition     = length(google_data_catalog_policy_tag_iam_member.column_reader) == 2 && length(google_bigquery_datapolicy_data_policy_iam_member.masked_reader) == 1
    error_message = "The pipeline reads every tag; analysts see what is masked."
  }
}

run "without_a_connection_external_tables_have_no_tags" {
  command = plan
  variables {
    cdc_tables      = run.contracts.cdc_tables
    events          = run.contracts.events
    classifications = run.contracts.classifications
    biglake         = false
  }
  assert {
    condition     = !strcontains(google_bigquery_table.external["shop_customers"].schema, "policyTags")
    error_message = "BigQuery refuses policy tags on external tables that are read with the user's own rights."
  }
}

run "refuses" {
  command = plan
  variables {
    datasets              = { bronze = "bronze" }
    time_travel_hours     = 24
    storage_billing_model = "FREE"
    event_days            = 30
    dead_letter_days      = 1
    masking               = { pii = "ROT13" }
    masked_readers        = { somebody = "somebody@example.com" }
    row_policies          = { tenant = { layer = "ops", table = "t", filter = "true", members = ["user:a@example.com"] } }
    reservation           = { max_slots = 70 }
  }
  expect_failures = [
    var.datasets, var.time_travel_hours, var.storage_billing_model, var.event_days, var.dead_letter_days, var.masking,
    var.masked_readers, var.row_policies, var.reservation,
  ]
}

run "refuses_a_baseline_that_the_edition_has_not" {
  command = plan
  variables {
    cdc_tables  = {}
    events      = {}
    reservation = { edition = "STANDARD", baseline_slots = 50, max_slots = 100 }
  }
  expect_failures = [var.reservation]
}
