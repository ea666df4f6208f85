variable "project" {
  description = "The project that owns the buckets."
  type        = string
}

variable "location" {
  description = "Where the buckets are: a region, EU or US. A bucket cannot move."
  type        = string
}

variable "buckets" {
  description = "Role -> name: landing (as sources deliver), bronze (Parquet, manifests), archive (kept, rarely read), temp (what pipelines stage), artefacts (templates, manifests of dbt)."
  type        = map(string)

  validation {
    condition     = toset(keys(var.buckets)) == toset(["landing", "bronze", "archive", "temp", "artefacts"])
    error_message = "Name exactly the roles landing, bronze, archive, temp and artefacts."
  }
}

variable "kms_key" {
  description = "Key that encrypts the objects; null: Google's own."
  type        = string
  default     = null
}

variable "force_destroy" {
  description = "Whether a bucket with objects in it may be deleted. Only where data may be lost."
  type        = bool
  default     = false
}

variable "archive_after_days" {
  description = "Age at which landing files and the archive move to the archive class. Its minimum is a year, reading costs extra."
  type        = number
  default     = 90

  validation {
    condition     = var.archive_after_days >= 1 && floor(var.archive_after_days) == var.archive_after_days
    error_message = "A whole number of days, at least 1."
  }
}

variable "temp_days" {
  description = "Age at which temporary objects are deleted; longer than any job runs."
  type        = number
  default     = 7

  validation {
    condition     = var.temp_days >= 1
    error_message = "At least one day: a running job reads what it has staged."
  }
}

variable "soft_delete_days" {
  description = "For how long a deleted object can be restored; 0 turns it off. Temp has none."
  type        = number
  default     = 7

  validation {
    condition     = var.soft_delete_days == 0 || (var.soft_delete_days >= 7 && var.soft_delete_days <= 90)
    error_message = "Cloud Storage allows 0, or 7 to 90 days."
  }
}

variable "landing_retention_days" {
  description = "For how long nobody can delete or overwrite a landing file, so that bronze can be built again; 0 turns it off."
  type        = number
  default     = 0

  validation {
    condition     = var.landing_retention_days >= 0 && var.landing_retention_days <= 36500
    error_message = "0 to 36500 days."
  }
}

variable "noncurrent_days" {
  description = "For how long bronze and artefacts keep an overwritten version; 0 turns versioning off."
  type        = number
  default     = 30

  validation {
    condition     = var.noncurrent_days >= 0
    error_message = "0 or more days."
  }
}

variable "autoclass" {
  description = "Whether bronze moves each object to the class that its use pays for, instead of staying in the standard class."
  type        = bool
  default     = false
}

variable "data_locations" {
  description = "Two regions of the location that hold each object (a configurable dual region); empty: as the location says."
  type        = set(string)
  default     = []

  validation {
    condition     = contains([0, 2], length(var.data_locations))
    error_message = "Two regions, or none."
  }
}

variable "turbo_replication" {
  description = "Whether the second region has each object within 15 minutes. Only for a dual region."
  type        = bool
  default     = false

  validation {
    condition     = !var.turbo_replication || length(var.data_locations) == 2
    error_message = "Turbo replication needs two data_locations."
  }
}

variable "managed_folders" {
  description = "Sources that get a managed folder in landing and bronze, on which rights for one source alone can be granted."
  type        = set(string)
  default     = []
}

variable "notifications" {
  description = "Whether each new landing file is announced on a topic, for those who would not wait for the schedule."
  type        = bool
  default     = false
}

variable "notification_key" {
  description = "Key that encrypts the announcements; null: Google's own."
  type        = string
  default     = null
}
