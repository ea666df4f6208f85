locals {
  # A counter is summed over ten minutes, or over the hours in which nothing came; a state is averaged over one minute.
  aligners = {
    for name, alert in local.alerts : name => (
      can(alert.absent_hours) ? { aligner = "ALIGN_DELTA", period = "${alert.absent_hours * 3600}s" }
      : try(alert.counter, false) ? { aligner = "ALIGN_DELTA", period = "600s" }
      : { aligner = "ALIGN_MEAN", period = "60s" }
    )
  }
}

resource "google_monitoring_alert_policy" "this" {
  for_each = local.alerts

  project               = var.project
  display_name          = "${var.name}: ${replace(each.key, "_", " ")}"
  combiner              = "OR"
  severity              = each.value.severity
  notification_channels = local.channels
  user_labels           = var.labels

  conditions {
    display_name = replace(each.key, "_", " ")

    dynamic "condition_threshold" {
      for_each = can(each.value.above) ? [each.value] : []
      content {
        filter          = condition_threshold.value.filter
        comparison      = "COMPARISON_GT"
        threshold_value = condition_threshold.value.above
        duration        = "${condition_threshold.value.for}s"
        aggregations {
          alignment_period   = local.aligners[each.key].period
          per_series_aligner = local.aligners[each.key].aligner
        }
        trigger {
          count = 1
        }
      }
    }

    # One series for all: nothing has come when the sum of them is nothing. Some services then report zero and others
    # report no more, so a condition on absence alone would never see the first.
    dynamic "condition_threshold" {
      for_each = can(each.value.absent_hours) ? [each.value] : []
      content {
        filter                  = condition_threshold.value.filter
        comparison              = "COMPARISON_LT"
        threshold_value         = 1
        duration                = "60s"
        evaluation_missing_data = "EVALUATION_MISSING_DATA_ACTIVE"
        aggregations {
          alignment_period     = local.aligners[each.key].period
          per_series_aligner   = local.aligners[each.key].aligner
          cross_series_reducer = "REDUCE_SUM"
        }
        trigger {
          count = 1
        }
      }
    }
  }

  alert_strategy {
    auto_close = "86400s"
  }

  documentation {
    subject   = "${var.name}: ${replace(each.key, "_", " ")}"
    content   = each.value.help
    mime_type = "text/markdown"
  }

  depends_on = [google_logging_metric.this]
}
