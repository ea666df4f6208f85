variable "project" {
  description = "The project that holds datasets and copies."
  type        = string
}

variable "project_number" {
  description = "Its number: the transfer service's agent is named by it."
  type        = string

  validation {
    condition     = can(regex("^[0-9]{6,}$", var.project_number))
    error_message = "Digits alone: gcloud projects describe PROJECT --format='value(projectNumber)'."
  }
}

variable "name" {
  description = "What the names begin with."
  type        = string
  default     = "sluice"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,22}$", var.name))
    error_message = "2 to 23 lower-case letters, digits and dashes, a letter first."
  }
}

variable "datasets" {
  description = "Layer -> the dataset that is copied every night. External tables are not copied: their data is in a bucket."
  type        = map(string)
  default     = {}

  validation {
    condition     = length(setsubtract(keys(var.datasets), ["bronze", "silver", "gold", "ops"])) == 0
    error_message = "Layers are bronze, silver, gold, ops."
  }
}

variable "recovery_location" {
  description = "Where the copies are: not where the datasets are."
  type        = string
  default     = "europe-west4"

  validation {
    condition     = contains(["EU", "US"], var.recovery_location) || can(regex("^[a-z]+-[a-z]+[0-9]+$", var.recovery_location))
    error_message = "EU, US or a region such as europe-west4."
  }
}

variable "recovery_key" {
  description = "Key, in that location, that encrypts the copies; null: Google's own."
  type        = string
  default     = null

  validation {
    condition     = var.recovery_key == null || can(regex("^projects/[^/]+/locations/[^/]+/keyRings/[^/]+/cryptoKeys/[^/]+$", var.recovery_key))
    error_message = "Write projects/PROJECT/locations/LOCATION/keyRings/RING/cryptoKeys/KEY."
  }
}

variable "schedule" {
  description = "When the copies are made (UTC), in the transfer service's words."
  type        = string
  default     = "every day 03:30"

  validation {
    condition     = can(regex("^every ", var.schedule))
    error_message = "Write `every day 03:30` or `every 12 hours`."
  }
}

variable "deployers" {
  description = "Who applies this beside the project's owners: a name of your own -> e-mail of the account."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for email in values(var.deployers) : endswith(email, ".gserviceaccount.com")])
    error_message = "A service account's e-mail."
  }
}

variable "deletion_protection" {
  description = "Keep a copy's dataset while it holds anything."
  type        = bool
  default     = true
}
