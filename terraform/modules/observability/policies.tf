locals {
  # A counter is summed over ten minutes, a state is averaged over one.
  aligners = {
    for name, alert in local.alerts : name => try(alert.counter, false) || can(alert.absent_hours) ? { aligner = "ALIGN_DELTA", period = "600s" } : { aligner = "ALIGN_MEAN", period = "60s" }
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

    # One series for all: it is absent when every one of them is.
    dynamic "condition_absent" {
      for_each = can(each.value.absent_hours) ? [each.value] : []
      content {
        filter   = condition_absent.value.filter
        duration = "${condition_absent.value.absent_hours * 3600}s"
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
