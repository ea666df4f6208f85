mock_provider "google" {}

variables {
  project = "my-data-test"
  zones   = ["europe-west1-b", "europe-west1-c"]
  tables  = { shop_clicks = { families = { live = {}, day = { versions = 5, days = 2 } } } }
}

run "two_clusters" {
  assert {
    condition     = google_bigtable_instance.this["live"].cluster[*].cluster_id == tolist(["sluice-cluster-0", "sluice-cluster-1"])
    error_message = "A cluster a zone."
  }
  assert {
    condition     = google_bigtable_instance.this["live"].deletion_protection && google_bigtable_table.this["shop_clicks"].deletion_protection == "PROTECTED"
    error_message = "What holds data is protected."
  }
  assert {
    condition     = jsondecode(google_bigtable_gc_policy.this["shop_clicks.day"].gc_rules).rules[1].max_age == "48h"
    error_message = "Each family forgets by its own rule."
  }
  assert {
    condition     = one(google_bigtable_table.this["shop_clicks"].automated_backup_policy).retention_period == "168h0m0s"
    error_message = "Backups are kept for a week."
  }
  assert {
    condition     = output.instance == "sluice"
    error_message = "The instance is told to those who grant rights on it."
  }
}

run "none" {
  variables {
    enabled         = false
    outgoing_topics = ["gold_ready"]
  }
  assert {
    condition     = output.instance == null && length(google_bigtable_table.this) == 0 && output.outgoing_topics == tolist(["gold_ready"])
    error_message = "Without the instance there are no tables; topics are another matter."
  }
}

run "refuses" {
  command = plan
  variables {
    name            = "live"
    zones           = ["europe-west1"]
    nodes           = { minimum = 1, maximum = 20 }
    tables          = { t = { families = { f = { days = 0 } } } }
    backup_days     = 1
    outgoing_topics = ["google-things"]
  }
  expect_failures = [var.name, var.zones, var.nodes, var.tables, var.backup_days, var.outgoing_topics]
}

run "refuses_a_table_whose_name_is_too_long" {
  command = plan
  variables {
    tables = { a_source_with_a_long_name_and_an_event_with_a_longer_one = { families = { live = {} } } }
  }
  expect_failures = [var.tables]
}
