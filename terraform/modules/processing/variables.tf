variable "project" {
  description = "The project that owns the registry and the jobs."
  type        = string
}

variable "region" {
  description = "Where images are kept and jobs run."
  type        = string
}

variable "name" {
  description = "The registry's name."
  type        = string
  default     = "sluice"
}

variable "registry_key" {
  description = "Key that encrypts images; null: Google's own."
  type        = string
  default     = null
}

variable "kept_images" {
  description = "How many versions of each image are kept, whatever their age."
  type        = number
  default     = 20

  validation {
    condition     = var.kept_images >= 2
    error_message = "At least two: the one that runs, and the one before."
  }
}

variable "image" {
  description = "The pipelines' image (PATH:TAG or PATH@DIGEST) from this registry or another. Null: none is built yet, so there are no templates and no jobs."
  type        = string
  default     = null

  validation {
    condition     = var.image == null || can(regex("^[a-z0-9.-]+(:[0-9]+)?/.+(:[A-Za-z0-9_][A-Za-z0-9_.-]*|@sha256:[0-9a-f]{64})$", var.image))
    error_message = "Name the registry and a tag or digest: europe-west1-docker.pkg.dev/PROJECT/sluice/pipelines:1.0.0."
  }
  validation {
    condition     = var.image == null || !endswith(coalesce(var.image, "-"), ":latest")
    error_message = "`latest` says nothing about what runs, and a new one would start nothing: name a version."
  }
}

variable "artefacts_bucket" {
  description = "The bucket that holds the templates."
  type        = string
}

variable "temp_bucket" {
  description = "The bucket in which jobs stage files."
  type        = string
}

variable "streams" {
  description = "Sources with events: each has a streaming job of its own, so that one can be drained without the others."
  type        = set(string)
  default     = []
}

variable "streaming_jobs" {
  description = "Whether the streaming jobs run. A worker is billed by the second, with messages or without."
  type        = bool
  default     = true
}

variable "service_accounts" {
  description = "Pipeline -> e-mail of the account as which its workers run."
  type        = map(string)

  validation {
    condition     = length(setsubtract(["events_to_bronze", "landing_to_bronze"], keys(var.service_accounts))) == 0
    error_message = "Name the accounts of events_to_bronze and landing_to_bronze."
  }
}

variable "subnetwork" {
  description = "URL of the subnetwork in which workers run. They have no public addresses."
  type        = string
}

variable "kms_key" {
  description = "Key that encrypts what a job keeps; null: Google's own."
  type        = string
  default     = null
}

variable "workers" {
  description = "Machine type of a streaming job's workers, and how many it may have."
  type        = object({ machine_type = optional(string, "n2d-standard-2"), maximum = optional(number, 5) })
  default     = {}
  nullable    = false

  validation {
    condition     = var.workers.maximum >= 1 && var.workers.maximum <= 1000
    error_message = "1 to 1000 workers."
  }
}
