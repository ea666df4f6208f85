mock_provider "google" {
  # What other resources name by id has an id of the service's form.
  mock_resource "google_bigquery_dataset" {
    defaults        = { id = "projects/sluice-test/datasets/logs" }
    override_during = plan
  }
  mock_resource "google_logging_project_bucket_config" {
    defaults        = { id = "projects/sluice-test/locations/eu/buckets/sluice-audit" }
    override_during = plan
  }
}

variables {
  project          = "sluice-test"
  dataset_location = "EU"
}

run "defaults_watch_everything" {
  command = plan

  assert {
    condition = toset(keys(google_monitoring_alert_policy.this)) == toset([
      "dead_letters", "events_wait", "events_absent", "datastream_freshness", "datastream_unsupported", "changes_absent",
      "dataflow_lag", "dataflow_failed", "runs_failed", "data_health", "runs_absent", "bigquery_slots", "database_disk",
      "bigtable_load",
    ])
    error_message = "One policy an alert."
  }
  assert {
    condition     = google_monitoring_alert_policy.this["dead_letters"].conditions[0].condition_threshold[0].threshold_value == 1000
    error_message = "The threshold is the variable's."
  }
  assert {
    condition = alltrue([
      for name in ["runs_absent", "events_absent", "changes_absent"] :
      google_monitoring_alert_policy.this[name].conditions[0].condition_threshold[0].comparison == "COMPARISON_LT"
      && google_monitoring_alert_policy.this[name].conditions[0].condition_threshold[0].evaluation_missing_data == "EVALUATION_MISSING_DATA_ACTIVE"
      && google_monitoring_alert_policy.this[name].conditions[0].condition_threshold[0].aggregations[0].alignment_period == "10800s"
    ])
    error_message = "Nothing in three hours is news, whether a service says zero or says nothing."
  }
  assert {
    condition     = alltrue([for policy in google_monitoring_alert_policy.this : length(policy.documentation[0].content) > 60])
    error_message = "Every alert says what to do."
  }
  assert {
    condition     = strcontains(google_monitoring_alert_policy.this["runs_failed"].conditions[0].condition_threshold[0].filter, "logging.googleapis.com/user/${google_logging_metric.this["dagster_failed_runs"].name}")
    error_message = "The alert looks at the metric that is made here."
  }
  assert {
    condition     = length(jsondecode(google_monitoring_dashboard.this.dashboard_json).mosaicLayout.tiles) == 14
    error_message = "What is watched is seen."
  }
  assert {
    condition     = google_logging_project_sink.platform.unique_writer_identity && google_logging_project_sink.audit.unique_writer_identity
    error_message = "Each sink has a writer of its own."
  }
  assert {
    condition     = google_logging_project_bucket_config.audit.retention_days == 400 && google_bigquery_dataset.logs.default_partition_expiration_ms == 7776000000
    error_message = "Logs are kept as long as the variables say."
  }
}

run "channels_get_every_alert" {
  command = plan
  variables {
    emails           = ["ann@example.com", "bob@example.com"]
    slack_channel    = "#data-alerts"
    slack_token      = "token"
    enable_pagerduty = true
    pagerduty_key    = "key"
    watched          = ["events"]
  }

  assert {
    condition     = length(google_monitoring_notification_channel.email) + length(google_monitoring_notification_channel.slack) + length(google_monitoring_notification_channel.pagerduty) == 4
    error_message = "One channel an address."
  }
  assert {
    condition     = length(google_monitoring_alert_policy.this) == 3
    error_message = "Only what is watched has alerts."
  }
  assert {
    condition     = google_monitoring_notification_channel.slack[0].labels.channel_name == "#data-alerts"
    error_message = "Slack's channel is the variable's."
  }
}

run "refuses_wrong_input" {
  command = plan
  variables {
    name                         = "S"
    watched                      = ["kafka"]
    emails                       = ["ann"]
    slack_channel                = "data-alerts"
    dead_letter_depth            = -1
    oldest_unacked_seconds       = 1
    datastream_freshness_seconds = 1
    dataflow_lag_seconds         = 1
    absent_hours                 = 24
    bigquery_slots               = 0
    log_dataset                  = "a-b"
    log_retention_days           = 0
    audit_retention_days         = 0
    log_location                 = "EU"
    dataset_location             = "eu"
  }
  expect_failures = [
    var.log_location, var.dataset_location,
    var.name, var.watched, var.emails, var.slack_channel, var.dead_letter_depth, var.oldest_unacked_seconds,
    var.datastream_freshness_seconds, var.dataflow_lag_seconds, var.absent_hours, var.bigquery_slots, var.log_dataset,
    var.log_retention_days, var.audit_retention_days,
  ]
}
