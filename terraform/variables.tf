# What every theme needs. A theme's own settings are one object variable at the head of its file (storage.tf, ...).
variable "project" {
  type        = string
  description = "Id of the Google Cloud project that holds the platform. One project an environment."
  nullable    = false
  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project))
    error_message = "A project id has 6 to 30 lower-case letters, digits and hyphens, a letter first: my-data-prod."
  }
}

variable "environment" {
  type        = string
  description = "Short name of the environment (dev, prod). Part of labels and of the names that the project does not make unique."
  nullable    = false
  validation {
    condition     = can(regex("^[a-z][a-z0-9]{1,7}$", var.environment))
    error_message = "Use 2 to 8 lower-case letters and digits, a letter first: dev, prod."
  }
}

variable "region" {
  type        = string
  description = "Where regional services run: Dataflow, Datastream, Bigtable, Cloud Run, Cloud SQL."
  default     = "europe-west1"
  nullable    = false
  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]+$", var.region))
    error_message = "Name a region such as europe-west1, not a zone and not a multi-region."
  }
}

variable "location" {
  type        = string
  description = "Where buckets and datasets are: a multi-region (EU, US) or a region. It cannot be changed once there is data."
  default     = "EU"
  nullable    = false
  validation {
    condition     = contains(["EU", "US"], var.location) || can(regex("^[a-z]+-[a-z]+[0-9]+$", var.location))
    error_message = "Name EU, US or a region such as europe-west1."
  }
}

variable "dataset_prefix" {
  type        = string
  description = "What stands before each dataset's name, for two platforms in one project: test_ gives test_bronze. SLUICE_DATASET_PREFIX of the pipelines."
  default     = ""
  nullable    = false
  validation {
    condition     = can(regex("^([a-z][a-z0-9_]{0,20}_)?$", var.dataset_prefix))
    error_message = "Leave it empty, or use lower-case letters, digits and underscores with an underscore last: test_."
  }
}

variable "labels" {
  type        = map(string)
  description = "Labels of everything that can have labels, beside application, environment and managed_by."
  default     = {}
  nullable    = false
  validation {
    condition = alltrue([
      for key, value in var.labels : can(regex("^[a-z][a-z0-9_-]{0,62}$", key)) && can(regex("^[a-z0-9_-]{0,63}$", value))
    ])
    error_message = "Keys and values have lower-case letters, digits, hyphens and underscores; a key starts with a letter."
  }
}

variable "contracts_folder" {
  type        = string
  description = "Folder of the data contracts (*.odcs.yaml). Null: contracts/ beside this module."
  default     = null
  validation {
    condition     = var.contracts_folder == null || length(fileset(coalesce(var.contracts_folder, "."), "*.odcs.yaml")) > 0
    error_message = "The folder holds no file named *.odcs.yaml."
  }
}

variable "deletion_protection" {
  type        = bool
  description = "Whether Terraform refuses to delete what holds data (buckets with objects, tables, datasets, Bigtable, Cloud SQL). False only where data may be lost."
  default     = true
  nullable    = false
}
