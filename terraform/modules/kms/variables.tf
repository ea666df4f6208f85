variable "project" {
  description = "The project that owns the keys."
  type        = string
}

variable "project_number" {
  description = "Its number: the services' agents are named by it."
  type        = string

  validation {
    condition     = can(regex("^[0-9]{6,}$", var.project_number))
    error_message = "Digits alone: gcloud projects describe PROJECT --format='value(projectNumber)'."
  }
}

variable "enabled" {
  description = "Encrypt with keys of our own (CMEK); otherwise Google's are used, and every output key is null."
  type        = bool
  default     = true
}

variable "region" {
  description = "Where the regional services are."
  type        = string
}

variable "data_location" {
  description = "Where buckets and datasets are: a region, EU or US."
  type        = string
}

variable "copies_location" {
  description = "Where copies of datasets are encrypted with a key of their own; null: there are none."
  type        = string
  default     = null

  validation {
    condition     = var.copies_location == null || contains(["EU", "US"], coalesce(var.copies_location, "-")) || can(regex("^[a-z]+-[a-z]+[0-9]+$", var.copies_location))
    error_message = "EU, US or a region such as europe-west4."
  }
}

variable "name" {
  description = "The key rings' name. A key ring can never be deleted, so a project that is used again needs another name or an import."
  type        = string
  default     = "sluice"

  validation {
    condition     = can(regex("^[a-zA-Z0-9_-]{1,63}$", var.name))
    error_message = "Letters, digits, dashes and underscores, 63 at most."
  }
}

variable "services" {
  description = "The services that get a key."
  type        = set(string)
  default = [
    "storage", "bigquery", "pubsub", "datastream", "dataflow", "bigtable", "sql", "secretmanager", "artifactregistry",
  ]

  validation {
    condition = length(setsubtract(var.services, [
      "storage", "bigquery", "pubsub", "datastream", "dataflow", "bigtable", "sql", "secretmanager", "artifactregistry",
    ])) == 0
    error_message = "Known are storage, bigquery, pubsub, datastream, dataflow, bigtable, sql, secretmanager, artifactregistry."
  }
}

variable "rotation_days" {
  description = "A new version of each key after so many days; what older versions encrypted stays readable."
  type        = number
  default     = 90

  validation {
    condition     = var.rotation_days >= 1 && var.rotation_days <= 365 && floor(var.rotation_days) == var.rotation_days
    error_message = "Whole days, 1 to 365."
  }
}

variable "destroy_delay_days" {
  description = "How long a destroyed version can be restored. Cannot be changed later."
  type        = number
  default     = 30

  validation {
    condition     = var.destroy_delay_days >= 1 && var.destroy_delay_days <= 120 && floor(var.destroy_delay_days) == var.destroy_delay_days
    error_message = "Whole days, 1 to 120."
  }
}

variable "protection_level" {
  description = "SOFTWARE, or HSM at about 40 times the price of a version."
  type        = string
  default     = "SOFTWARE"

  validation {
    condition     = contains(["SOFTWARE", "HSM"], var.protection_level)
    error_message = "SOFTWARE or HSM."
  }
}
