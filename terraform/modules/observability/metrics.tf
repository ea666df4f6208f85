# What no service counts for us is counted in Dagster's log: one line an event, whose kind stands between hyphens (another text may hold the
# same word).
locals {
  dagster_log = "resource.type=(\"cloud_run_revision\" OR \"cloud_run_worker_pool\") AND log_id(\"run.googleapis.com/stderr\")"

  log_metrics = {
    dagster_failed_runs = {
      description = "Runs of Dagster that failed."
      filter      = "${local.dagster_log} AND textPayload:\" - RUN_FAILURE - \""
    }
    dagster_failed_steps = {
      description = "Steps that failed; a step may be tried again."
      filter      = "${local.dagster_log} AND textPayload:\" - STEP_FAILURE - \""
    }
    data_health_findings = {
      description = "Asset checks that did not pass: contracts broken, data missing, late, or unlike itself."
      filter      = "${local.dagster_log} AND textPayload:\" - ASSET_CHECK_EVALUATION - \" AND textPayload:\"did not pass\""
    }
    dagster_succeeded_runs = {
      description = "Runs that built all that they could: the schedule makes one each hour, so their absence is news. A check that failed ends a run in failure, and it says that all else is done."
      filter      = "${local.dagster_log} AND textPayload=~\"( - RUN_SUCCESS - |All that does not wait for a check is done)\""
    }
  }
}

resource "google_logging_metric" "this" {
  for_each = local.log_metrics

  project     = var.project
  name        = "${var.name}/${each.key}"
  description = each.value.description
  filter      = each.value.filter

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "INT64"
    unit        = "1"
  }
}
