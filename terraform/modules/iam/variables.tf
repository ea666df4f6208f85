variable "project" {
  description = "The project that owns the accounts."
  type        = string
}

variable "project_number" {
  description = "Its number: Datastream's agent is named by it."
  type        = string

  validation {
    condition     = can(regex("^[0-9]{6,}$", var.project_number))
    error_message = "Digits alone: gcloud projects describe PROJECT --format='value(projectNumber)'."
  }
}

variable "name" {
  description = "What the accounts' names begin with."
  type        = string
  default     = "sluice"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,20}$", var.name))
    error_message = "2 to 21 lower-case letters, digits and dashes, a letter first: an account's id has 30 characters at most."
  }
}

variable "buckets" {
  description = "Role (landing, bronze, temp, artefacts) -> bucket."
  type        = map(string)
  default     = {}
}

variable "datasets" {
  description = "Layer (bronze, silver, gold, ops) -> dataset id."
  type        = map(string)
  default     = {}
}

variable "event_subscriptions" {
  description = "Event -> the subscription that events_to_bronze reads."
  type        = map(string)
  default     = {}
}

variable "dead_letter_topics" {
  description = "Event -> the topic that takes what cannot be used."
  type        = map(string)
  default     = {}
}

variable "registry" {
  description = "The repository with the pipelines' image, null where there is none."
  type        = object({ location = string, repository = string })
  default     = null
}

variable "bigtable_instance" {
  description = "The instance with live values, null where there is none."
  type        = string
  default     = null
}

variable "github_repository" {
  description = "owner/name of the repository whose workflows plan and apply; null makes no federation."
  type        = string
  default     = null

  validation {
    condition     = var.github_repository == null || can(regex("^[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+$", var.github_repository))
    error_message = "Write owner/name."
  }
}

variable "github_owner_id" {
  description = "Number of that owner at GitHub (`gh api users/OWNER --jq .id`): a name that is given up can be taken by others, a number cannot. Null: the name alone counts."
  type        = string
  default     = null

  validation {
    condition     = var.github_owner_id == null || can(regex("^[0-9]+$", var.github_owner_id))
    error_message = "Digits alone."
  }
}

variable "apply_ref" {
  description = "The only ref whose workflows may apply."
  type        = string
  default     = "refs/heads/main"

  validation {
    condition     = can(regex("^refs/(heads|tags)/[^*]+$", var.apply_ref))
    error_message = "A full ref without wildcards, such as refs/heads/main."
  }
}

variable "state_bucket" {
  description = "The bucket with Terraform's state, to which CI is let; null where CI does not apply."
  type        = string
  default     = null

  validation {
    condition     = var.state_bucket == null || can(regex("^[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]$", var.state_bucket))
    error_message = "A bucket's name alone, without gs://."
  }
}

variable "audited_services" {
  description = "Services whose data access is logged; allServices is all. BigQuery's is logged in any case."
  type        = set(string)
  default     = ["allServices"]

  validation {
    condition     = alltrue([for service in var.audited_services : service == "allServices" || endswith(service, ".googleapis.com")])
    error_message = "Services are written like storage.googleapis.com, or allServices."
  }
}

variable "audit_log_types" {
  description = "What of it is logged."
  type        = set(string)
  default     = ["ADMIN_READ", "DATA_READ", "DATA_WRITE"]

  validation {
    condition     = length(var.audit_log_types) > 0 && length(setsubtract(var.audit_log_types, ["ADMIN_READ", "DATA_READ", "DATA_WRITE"])) == 0
    error_message = "One or more of ADMIN_READ, DATA_READ, DATA_WRITE."
  }
}

variable "org_policies" {
  description = "Boolean constraints to enforce on the project, such as iam.disableServiceAccountKeyCreation, storage.publicAccessPrevention, sql.restrictPublicIp."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for policy in var.org_policies : can(regex("^[a-z]+[.][a-zA-Z]+$", policy))])
    error_message = "Constraints are written like iam.disableServiceAccountKeyCreation, without constraints/."
  }
}
