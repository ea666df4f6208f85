mock_provider "google" {}
mock_provider "google-beta" {}

variables {
  project        = "sluice-test"
  project_number = "123456789012"
}

run "nothing_without_figures" {
  command = plan

  assert {
    condition     = length(google_billing_budget.this) + length(google_service_usage_consumer_quota_override.query_bytes) == 0
    error_message = "No account, no budget; no figure, no limit."
  }
}

run "actual_and_forecast" {
  command = plan
  variables {
    billing_account        = "012345-6789AB-CDEF01"
    notification_channels  = ["a", "b", "c", "d", "e", "f"]
    query_terabytes_a_user = 0.5
    query_terabytes        = 2
  }

  assert {
    condition     = length([for rule in google_billing_budget.this[0].threshold_rules : rule if rule.spend_basis == "FORECASTED_SPEND"]) == 2 && length(google_billing_budget.this[0].threshold_rules) == 5
    error_message = "Three shares of what was spent, two of what is forecast."
  }
  assert {
    condition     = google_billing_budget.this[0].budget_filter[0].projects == toset(["projects/123456789012"])
    error_message = "This project alone."
  }
  assert {
    condition     = length(google_billing_budget.this[0].all_updates_rule[0].monitoring_notification_channels) == 5
    error_message = "Google tells five channels at most."
  }
  assert {
    condition     = google_service_usage_consumer_quota_override.query_bytes["/d/project/user"].override_value == "524288" && google_service_usage_consumer_quota_override.query_bytes["/d/project"].limit == "%2Fd%2Fproject"
    error_message = "Limits are in MiB, their names encoded."
  }
}

run "refuses_wrong_input" {
  command = plan
  variables {
    project_number         = "sluice"
    billing_account        = "billingAccounts/012345-6789AB-CDEF01"
    monthly_amount         = 0.5
    currency               = "euro"
    actual_shares          = [50]
    forecast_shares        = [0]
    query_terabytes_a_user = 0
    query_terabytes        = -1
  }
  expect_failures = [
    var.project_number, var.billing_account, var.monthly_amount, var.currency, var.actual_shares, var.forecast_shares,
    var.query_terabytes_a_user, var.query_terabytes,
  ]
}
