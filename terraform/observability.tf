# Logs, metrics, alerts, the dashboard, and whom they reach.
variable "observability" {
  description = "What is watched; what each setting means: modules/observability/variables.tf."
  type = object({
    watched                      = optional(set(string), ["events", "streams", "jobs", "dagster", "stores"])
    emails                       = optional(set(string), [])
    slack_channel                = optional(string)
    pagerduty                    = optional(bool, false)
    tokens_version               = optional(string, "1")
    dead_letter_depth            = optional(number, 1000)
    oldest_unacked_seconds       = optional(number, 900)
    datastream_freshness_seconds = optional(number, 1800)
    dataflow_lag_seconds         = optional(number, 600)
    absent_hours                 = optional(number, 3)
    bigquery_slots               = optional(number, 1800)
    log_location                 = optional(string)
    log_retention_days           = optional(number, 90)
    audit_retention_days         = optional(number, 400)
    lock_audit_logs              = optional(bool, false)
  })
  default  = {}
  nullable = false
}

variable "slack_token" {
  type        = string
  description = "OAuth token of the Slack app, in TF_VAR_slack_token; kept in no plan and no state."
  default     = null
  sensitive   = true
  ephemeral   = true
}

variable "pagerduty_key" {
  type        = string
  description = "Integration key of the PagerDuty service, in TF_VAR_pagerduty_key; kept in no plan and no state."
  default     = null
  sensitive   = true
  ephemeral   = true
}

module "observability" {
  source = "./modules/observability"

  project             = local.project
  name                = local.prefix
  labels              = local.labels
  dataset_location    = local.location
  dataset_key         = module.kms.keys.bigquery
  log_dataset         = "${var.dataset_prefix}logs"
  deletion_protection = var.deletion_protection

  watched                      = var.observability.watched
  emails                       = var.observability.emails
  slack_channel                = var.observability.slack_channel
  slack_token                  = var.slack_token
  enable_pagerduty             = var.observability.pagerduty
  pagerduty_key                = var.pagerduty_key
  tokens_version               = var.observability.tokens_version
  dead_letter_depth            = var.observability.dead_letter_depth
  oldest_unacked_seconds       = var.observability.oldest_unacked_seconds
  datastream_freshness_seconds = var.observability.datastream_freshness_seconds
  dataflow_lag_seconds         = var.observability.dataflow_lag_seconds
  absent_hours                 = var.observability.absent_hours
  bigquery_slots               = var.observability.bigquery_slots
  log_location                 = var.observability.log_location != null ? var.observability.log_location : lower(local.location)
  log_retention_days           = var.observability.log_retention_days
  audit_retention_days         = var.observability.audit_retention_days
  lock_audit_logs              = var.observability.lock_audit_logs

  depends_on = [google_project_service.this]
}
