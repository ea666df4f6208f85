variable "project" {
  description = "The project that owns topics and subscriptions."
  type        = string
}

variable "project_number" {
  description = "Its number: Pub/Sub's agent, which moves messages to dead-letter topics, is named by it."
  type        = string

  validation {
    condition     = can(regex("^[0-9]{6,}$", var.project_number))
    error_message = "Digits alone: gcloud projects describe PROJECT --format='value(projectNumber)'."
  }
}

variable "events" {
  description = "Tables of topics (modules/contracts)."
  type = map(object({
    source      = string
    name        = string
    enforcement = string
  }))
}

variable "avro_schemas" {
  description = "Event -> its Avro schema as JSON text (modules/contracts)."
  type        = map(string)
}

variable "kms_key" {
  description = "Key that encrypts messages; null: Google's own."
  type        = string
  default     = null
}

variable "storage_regions" {
  description = "The only regions in which messages may be stored; empty: as the organisation's policy says."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for region in var.storage_regions : can(regex("^[a-z]+-[a-z]+[0-9]+$", region))])
    error_message = "Regions such as europe-west1; messages lie in no multi-region."
  }
}

variable "retention_days" {
  description = "How far back a topic or subscription can be read again, acknowledged or not."
  type        = number
  default     = 7

  validation {
    condition     = var.retention_days >= 1 && var.retention_days <= 31
    error_message = "1 to 31 days."
  }
}

variable "dead_letter_days" {
  description = "For how long dead letters wait on their subscription. They are also in ops.dead_letters, which keeps them longer."
  type        = number
  default     = 31

  validation {
    condition     = var.dead_letter_days >= 1 && var.dead_letter_days <= 31
    error_message = "1 to 31 days."
  }
}

variable "delivery_attempts" {
  description = "How often Pub/Sub tries before a message becomes a dead letter. The pipeline judges its input itself: only a message that kills its reader gets there."
  type        = number
  default     = 100

  validation {
    condition     = var.delivery_attempts >= 5 && var.delivery_attempts <= 100
    error_message = "5 to 100 attempts."
  }
}

variable "ack_deadline_seconds" {
  description = "How long a reader may keep a message before it is delivered again."
  type        = number
  default     = 60

  validation {
    condition     = var.ack_deadline_seconds >= 10 && var.ack_deadline_seconds <= 600
    error_message = "10 to 600 seconds."
  }
}

variable "retain_acknowledged" {
  description = "Whether subscriptions keep acknowledged messages too, so that they can be replayed from a snapshot. The topic's retention serves that by itself."
  type        = bool
  default     = false
}

variable "exactly_once" {
  description = "Whether an acknowledged message is never delivered again. Dataflow has this of its own and runs slower with Pub/Sub's, so it is for other readers."
  type        = object({ events = optional(bool, false), dead_letters = optional(bool, true) })
  default     = {}
  nullable    = false
}

variable "retry" {
  description = "Shortest and longest pause in seconds before a message is delivered again; null: at once."
  type        = object({ minimum = optional(number, 10), maximum = optional(number, 600) })
  default     = {}

  validation {
    condition     = var.retry == null || try(var.retry.minimum >= 0 && var.retry.minimum <= var.retry.maximum && var.retry.maximum <= 600, false)
    error_message = "0 <= minimum <= maximum <= 600 seconds."
  }
}

variable "agent_grants" {
  description = "Whether Pub/Sub's agent is granted what dead-lettering takes: it publishes the letters and acknowledges the originals."
  type        = bool
  default     = true
}
