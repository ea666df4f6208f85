variable "project" {
  description = "The project that is watched."
  type        = string
}

variable "name" {
  description = "What the names begin with."
  type        = string
  default     = "sluice"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}$", var.name))
    error_message = "2 to 31 lower-case letters, digits and dashes, a letter first."
  }
}

variable "labels" {
  description = "Labels of the alert policies, which go with each notification."
  type        = map(string)
  default     = {}
}

variable "watched" {
  description = "What is watched: events (Pub/Sub), streams (Datastream), jobs (Dataflow), dagster, stores (BigQuery, Cloud SQL, Bigtable)."
  type        = set(string)
  default     = ["events", "streams", "jobs", "dagster", "stores"]

  validation {
    condition     = length(setsubtract(var.watched, ["events", "streams", "jobs", "dagster", "stores"])) == 0
    error_message = "Known are events, streams, jobs, dagster, stores."
  }
}

variable "emails" {
  description = "Addresses that get every alert."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for email in var.emails : can(regex("^[^@ ]+@[^@ ]+[.][^@ ]+$", email))])
    error_message = "Write ann@example.com."
  }
}

variable "slack_channel" {
  description = "The Slack channel that gets every alert, with its #; null for none. Needs slack_token."
  type        = string
  default     = null

  validation {
    condition     = var.slack_channel == null || can(regex("^#.+", var.slack_channel))
    error_message = "Write #data-alerts."
  }
}

variable "slack_token" {
  description = "OAuth token of the Slack app that may post there."
  type        = string
  default     = null
  sensitive   = true
  ephemeral   = true
}

variable "enable_pagerduty" {
  description = "Send every alert to PagerDuty, too. Needs pagerduty_key."
  type        = bool
  default     = false
}

variable "pagerduty_key" {
  description = "Integration key of the PagerDuty service."
  type        = string
  default     = null
  sensitive   = true
  ephemeral   = true
}

variable "tokens_version" {
  description = "Raise it to have changed tokens sent."
  type        = string
  default     = "1"
}

variable "dead_letter_depth" {
  description = "How many dead letters of one event may lie before somebody is told."
  type        = number
  default     = 1000

  validation {
    condition     = var.dead_letter_depth >= 0
    error_message = "0 or more."
  }
}

variable "oldest_unacked_seconds" {
  description = "How long an event may wait to be read."
  type        = number
  default     = 900

  validation {
    condition     = var.oldest_unacked_seconds >= 60
    error_message = "60 seconds or more: the figure itself is a minute old."
  }
}

variable "datastream_freshness_seconds" {
  description = "How old the newest change in the landing bucket may be."
  type        = number
  default     = 1800

  validation {
    condition     = var.datastream_freshness_seconds >= 60
    error_message = "60 seconds or more."
  }
}

variable "dataflow_lag_seconds" {
  description = "How far the streaming job may be behind."
  type        = number
  default     = 600

  validation {
    condition     = var.dataflow_lag_seconds >= 60
    error_message = "60 seconds or more."
  }
}

variable "absent_hours" {
  description = "After how many hours without any event, change or successful run somebody is told."
  type        = number
  default     = 3

  validation {
    condition     = var.absent_hours >= 1 && var.absent_hours <= 23
    error_message = "1 to 23 hours: Monitoring looks no further back."
  }
}

variable "bigquery_slots" {
  description = "How many slots may be taken for half an hour; a project on demand has 2,000."
  type        = number
  default     = 1800

  validation {
    condition     = var.bigquery_slots > 0
    error_message = "More than 0."
  }
}

variable "log_location" {
  description = "Where the log bucket is: a region, eu, us or global."
  type        = string
  default     = "eu"

  validation {
    condition     = contains(["eu", "us", "global"], var.log_location) || can(regex("^[a-z]+-[a-z]+[0-9]+$", var.log_location))
    error_message = "eu, us, global or a region such as europe-west1."
  }
}

variable "log_dataset" {
  description = "The dataset that the platform's logs go to."
  type        = string
  default     = "logs"

  validation {
    condition     = can(regex("^[A-Za-z0-9_]+$", var.log_dataset))
    error_message = "Letters, digits and underscores."
  }
}

variable "dataset_location" {
  description = "Where that dataset is."
  type        = string

  validation {
    condition     = contains(["EU", "US"], var.dataset_location) || can(regex("^[a-z]+-[a-z]+[0-9]+$", var.dataset_location))
    error_message = "EU, US or a region such as europe-west1."
  }
}

variable "dataset_key" {
  description = "Key that encrypts it, null for Google's."
  type        = string
  default     = null
}

variable "log_retention_days" {
  description = "How long the platform's logs are kept in BigQuery."
  type        = number
  default     = 90

  validation {
    condition     = var.log_retention_days >= 1 && floor(var.log_retention_days) == var.log_retention_days
    error_message = "Whole days, 1 or more."
  }
}

variable "audit_retention_days" {
  description = "How long audit logs are kept."
  type        = number
  default     = 400

  validation {
    condition     = var.audit_retention_days >= 1 && var.audit_retention_days <= 3650
    error_message = "1 to 3650 days."
  }
}

variable "lock_audit_logs" {
  description = "Make it impossible to shorten that or to delete the bucket. Cannot be undone."
  type        = bool
  default     = false
}

variable "deletion_protection" {
  description = "Keep the logs' dataset while it holds anything."
  type        = bool
  default     = true
}
