# Somebody hears of the money before it is spent: at shares of what was spent, and when Google forecasts more than was planned.
resource "google_billing_budget" "this" {
  count = var.billing_account == null ? 0 : 1

  billing_account = var.billing_account
  display_name    = "${var.name}: month"

  budget_filter {
    projects               = ["projects/${var.project_number}"]
    calendar_period        = "MONTH"
    credit_types_treatment = "INCLUDE_ALL_CREDITS"
  }

  amount {
    specified_amount {
      currency_code = var.currency
      units         = tostring(var.monthly_amount)
    }
  }

  dynamic "threshold_rules" {
    for_each = var.actual_shares
    content {
      threshold_percent = threshold_rules.value
      spend_basis       = "CURRENT_SPEND"
    }
  }

  dynamic "threshold_rules" {
    for_each = var.forecast_shares
    content {
      threshold_percent = threshold_rules.value
      spend_basis       = "FORECASTED_SPEND"
    }
  }

  all_updates_rule {
    monitoring_notification_channels = slice(var.notification_channels, 0, min(5, length(var.notification_channels)))
    disable_default_iam_recipients   = false
    enable_project_level_recipients  = true
  }
}

# One query of one person cannot cost more than a day's share: BigQuery refuses what goes beyond, until the next day.
resource "google_service_usage_consumer_quota_override" "query_bytes" {
  for_each = {
    for limit, terabytes in { "/d/project/user" = var.query_terabytes_a_user, "/d/project" = var.query_terabytes } : limit => terabytes if terabytes != null
  }
  provider = google-beta

  project        = var.project
  service        = "bigquery.googleapis.com"
  metric         = urlencode("bigquery.googleapis.com/quota/query/usage")
  limit          = urlencode(each.key)
  override_value = tostring(each.value * 1048576) # in MiB
  force          = true
}
