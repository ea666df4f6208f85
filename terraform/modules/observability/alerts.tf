# What wakes somebody: one entry an alert. `above` is a threshold; `absent_hours` fires when nothing was counted for so long.
# `for` is how long it must last, in seconds. `help` is what the message says.
locals {
  events = {
    dead_letters = {
      severity = "ERROR", above = var.dead_letter_depth, for = 0, unit = "messages"
      filter   = "${local.subscription} AND metric.type=\"pubsub.googleapis.com/subscription/num_undelivered_messages\" AND resource.labels.subscription_id=monitoring.regex.full_match(\".*_dead_letters_hold\")"
      help     = "Messages that the pipeline could not use have piled up. `select reason, count(*) from ops.dead_letters group by reason` says why; mend the publisher or the contract, then replay them."
    }
    events_wait = {
      severity = "CRITICAL", above = var.oldest_unacked_seconds, for = 300, unit = "seconds"
      filter   = "${local.subscription} AND metric.type=\"pubsub.googleapis.com/subscription/oldest_unacked_message_age\" AND resource.labels.subscription_id=monitoring.regex.full_match(\".*_bronze\")"
      help     = "Events wait and are not read. Is the streaming job running, and does it scale? Nothing is lost for seven days."
    }
    events_absent = {
      severity = "ERROR", absent_hours = var.absent_hours, unit = "requests"
      filter   = "resource.type=\"pubsub_topic\" AND metric.type=\"pubsub.googleapis.com/topic/send_request_count\""
      help     = "Nobody has published anything. Ask the publishers: the platform itself may be healthy."
    }
  }

  streams = {
    datastream_freshness = {
      severity = "CRITICAL", above = var.datastream_freshness_seconds, for = 300, unit = "seconds"
      filter   = "${local.stream} AND metric.type=\"datastream.googleapis.com/stream/freshness\""
      help     = "Changes reach the landing bucket late. While Datastream does not read, the source keeps its log: look at its disk and at the slot first."
    }
    datastream_unsupported = {
      severity = "ERROR", above = 0, for = 0, unit = "events", counter = true
      filter   = "${local.stream} AND metric.type=\"datastream.googleapis.com/stream/unsupported_event_count\""
      help     = "Datastream left out changes that it cannot write. They are missing in bronze until the table is backfilled: its log names table and reason."
    }
    changes_absent = {
      severity = "ERROR", absent_hours = var.absent_hours, unit = "events"
      filter   = "${local.stream} AND metric.type=\"datastream.googleapis.com/stream/event_count\""
      help     = "No change has come from any source. Is the source changing at all, and is the stream running?"
    }
  }

  jobs = {
    dataflow_lag = {
      severity = "ERROR", above = var.dataflow_lag_seconds, for = 300, unit = "seconds"
      filter   = "resource.type=\"dataflow_job\" AND metric.type=\"dataflow.googleapis.com/job/system_lag\""
      help     = "The streaming job works, and is behind. Look at its slowest step, and at what the workers log."
    }
    dataflow_failed = {
      severity = "CRITICAL", above = 0, for = 0, unit = "jobs"
      filter   = "resource.type=\"dataflow_job\" AND metric.type=\"dataflow.googleapis.com/job/is_failed\""
      help     = "A job ended with an error. Messages are kept for seven days; apply again once the reason is mended."
    }
  }

  dagster = {
    runs_failed = {
      severity = "ERROR", above = 0, for = 0, unit = "runs", counter = true
      filter   = "${local.daemon} AND metric.type=\"logging.googleapis.com/user/${var.name}/dagster_failed_runs\""
      help     = "A run failed, or a check in it did. Dagster's UI says at which step and why. A rerun is safe at any time."
    }
    data_health = {
      severity = "ERROR", above = 0, for = 0, unit = "findings", counter = true
      filter   = "${local.daemon} AND metric.type=\"logging.googleapis.com/user/${var.name}/data_health_findings\""
      help     = "An asset check did not pass: Dagster's UI names the table, the figure and a sample of rows. What is built on that table waits; the rest goes on."
    }
    runs_absent = {
      severity = "CRITICAL", absent_hours = var.absent_hours, unit = "runs"
      filter   = "${local.daemon} AND metric.type=\"logging.googleapis.com/user/${var.name}/dagster_succeeded_runs\""
      help     = "No run has come to its end for hours: gold grows old. Is the daemon up, is the schedule on, does the queue move?"
    }
  }

  stores = {
    bigquery_slots = {
      severity = "WARNING", above = var.bigquery_slots, for = 1800, unit = "slots"
      filter   = "resource.type=\"global\" AND metric.type=\"bigquery.googleapis.com/slots/allocated_for_project\""
      help     = "Queries take nearly all there is, and wait for each other. INFORMATION_SCHEMA.JOBS says whose they are."
    }
    database_disk = {
      severity = "ERROR", above = 0.9, for = 900, unit = "share"
      filter   = "resource.type=\"cloudsql_database\" AND metric.type=\"cloudsql.googleapis.com/database/disk/utilization\""
      help     = "Dagster's database is nearly as big as it may grow: prune old runs, or raise the limit."
    }
    bigtable_load = {
      severity = "WARNING", above = 0.8, for = 1800, unit = "share"
      filter   = "resource.type=\"bigtable_cluster\" AND metric.type=\"bigtable.googleapis.com/cluster/cpu_load\""
      help     = "Bigtable has worked at its limit for half an hour: raise the most nodes that it may have."
    }
  }

  subscription = "resource.type=\"pubsub_subscription\""
  stream       = "resource.type=\"datastream.googleapis.com/Stream\""
  daemon       = "resource.type=\"cloud_run_worker_pool\""

  themes = { events = local.events, streams = local.streams, jobs = local.jobs, dagster = local.dagster, stores = local.stores }
  alerts = merge([for theme in var.watched : local.themes[theme]]...)
}
