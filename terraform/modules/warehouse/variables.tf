variable "project" {
  description = "The project that owns the datasets."
  type        = string
}

variable "location" {
  description = "Where the datasets are: a region, EU or US. The same as the buckets'."
  type        = string
}

variable "datasets" {
  description = "Layer -> dataset id."
  type        = map(string)

  validation {
    condition     = toset(keys(var.datasets)) == toset(["bronze", "silver", "gold", "ops"])
    error_message = "Name exactly the layers bronze, silver, gold and ops."
  }
}

variable "bronze_bucket" {
  description = "The bucket with bronze's Parquet files."
  type        = string
}

variable "cdc_tables" {
  description = "Tables of databases (modules/contracts): each becomes an external table over its change log."
  type = map(object({
    source      = string
    name        = string
    description = optional(string)
    bronze_columns = list(object({
      name = string, type = string, mode = string, classification = optional(string), description = optional(string)
    }))
  }))
}

variable "events" {
  description = "Tables of topics (modules/contracts): each becomes a native table, and an external one over its raw messages."
  type = map(object({
    source         = string
    name           = string
    description    = optional(string)
    primary_key    = list(string)
    retention_days = optional(number)
    bronze_columns = list(object({
      name = string, type = string, mode = string, classification = optional(string), description = optional(string)
    }))
  }))
}

variable "kms_key" {
  description = "Key that encrypts the tables; null: Google's own."
  type        = string
  default     = null
}

variable "deletion_protection" {
  description = "Whether Terraform refuses to delete a native table, and a dataset with tables in it."
  type        = bool
  default     = true
}

variable "require_partition_filter" {
  description = "Whether a query of bronze must name the days that it reads, so that none scans the whole history by accident."
  type        = bool
  default     = true
}

variable "time_travel_hours" {
  description = "How far back a table can be read as it was."
  type        = number
  default     = 168

  validation {
    condition     = contains([48, 72, 96, 120, 144, 168], var.time_travel_hours)
    error_message = "Two to seven whole days: 48, 72, 96, 120, 144 or 168 hours."
  }
}

variable "storage_billing_model" {
  description = "PHYSICAL bills compressed bytes, time travel included; LOGICAL bills uncompressed ones."
  type        = string
  default     = "LOGICAL"

  validation {
    condition     = contains(["LOGICAL", "PHYSICAL"], var.storage_billing_model)
    error_message = "LOGICAL or PHYSICAL. A change is possible once in 14 days."
  }
}

variable "event_days" {
  description = "For how long bronze keeps the rows of an event whose contract does not say; null: always. The raw messages stay in the bucket."
  type        = number
  default     = null

  validation {
    condition     = var.event_days == null || try(var.event_days >= 90, false)
    error_message = "At least 90 days: a partition that nobody changes for 90 days costs half, one that is deleted earlier never does."
  }
}

variable "dead_letter_days" {
  description = "For how long ops keeps dead letters; null: always."
  type        = number
  default     = null

  validation {
    condition     = var.dead_letter_days == null || try(var.dead_letter_days >= 31, false)
    error_message = "At least 31 days, as long as their subscription keeps them."
  }
}

variable "biglake" {
  description = "Whether external tables are read through a connection's own identity: readers need no right on the bucket, and policy tags hold."
  type        = bool
  default     = true
}

variable "authorized_datasets" {
  description = "Whether silver's views may read bronze and gold's views silver on behalf of those who may read the views alone."
  type        = bool
  default     = true
}
