# Whom the alerts reach. Tokens are write-only: they are in no state and in no plan.
resource "google_monitoring_notification_channel" "email" {
  for_each = var.emails

  project      = var.project
  display_name = each.value
  type         = "email"
  labels       = { email_address = each.value }

  lifecycle {
    create_before_destroy = true # and so destroyed after the policies have let go of it
  }
}

resource "google_monitoring_notification_channel" "slack" {
  count = var.slack_channel == null ? 0 : 1

  project      = var.project
  display_name = "Slack ${var.slack_channel}"
  type         = "slack"
  labels       = { channel_name = var.slack_channel }

  sensitive_labels {
    auth_token_wo         = var.slack_token
    auth_token_wo_version = var.tokens_version
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "google_monitoring_notification_channel" "pagerduty" {
  count = var.enable_pagerduty ? 1 : 0

  project      = var.project
  display_name = "PagerDuty"
  type         = "pagerduty"

  sensitive_labels {
    service_key_wo         = var.pagerduty_key
    service_key_wo_version = var.tokens_version
  }

  lifecycle {
    create_before_destroy = true
  }
}

locals {
  channels = concat(
    [for email in sort(var.emails) : google_monitoring_notification_channel.email[email].id],
    google_monitoring_notification_channel.slack[*].id,
    google_monitoring_notification_channel.pagerduty[*].id,
  )
}
