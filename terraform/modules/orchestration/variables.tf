variable "project" {
  description = "The project that Dagster runs in."
  type        = string
}

variable "project_number" {
  description = "Its number: IAP's agent is named by it."
  type        = string

  validation {
    condition     = can(regex("^[0-9]{6,}$", var.project_number))
    error_message = "Digits alone: gcloud projects describe PROJECT --format='value(projectNumber)'."
  }
}

variable "region" {
  description = "Where Dagster runs."
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
  description = "Labels of the instances, which Google's bill can be split by."
  type        = map(string)
  default     = {}
}

variable "image" {
  description = "The image built from this repository's Dockerfile, by digest or tag; null makes the database alone, before the first image is pushed."
  type        = string
  default     = null

  validation {
    condition     = var.image == null || can(regex("^[^:/ ]+/.+(:[^:/ ]+|@sha256:[0-9a-f]{64})$", var.image))
    error_message = "Name the registry and a tag or digest: europe-west1-docker.pkg.dev/PROJECT/sluice/sluice:1.0.0."
  }
}

variable "service_account" {
  description = "The account that Dagster runs as."
  type        = string

  validation {
    condition     = endswith(var.service_account, ".gserviceaccount.com")
    error_message = "A service account's e-mail."
  }
}

variable "network_id" {
  description = "The network in which the database has its address; it must be peered with Google's managed services."
  type        = string
}

variable "subnetwork_id" {
  description = "The subnetwork through which Dagster reaches the database."
  type        = string
}

variable "log_bucket" {
  description = "The bucket that takes what runs print, so that the UI can show it."
  type        = string
}

variable "environment" {
  description = "Variables of every container, beside those that Dagster itself needs."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for name in keys(var.environment) : can(regex("^[A-Za-z_][A-Za-z0-9_]*$", name)) && !startswith(name, "K_") && !contains(["PORT", "CLOUD_RUN_WORKER_POOL"], name)])
    error_message = "A variable has letters, digits and underscores; Cloud Run keeps PORT and K_... for itself."
  }
}

variable "sources" {
  description = "Sources with a database, each of which gets a secret for its URL (SAAS_DATABASE_URL). It must have a version before an image is set."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for source in var.sources : can(regex("^[a-z][a-z0-9_]*$", source))])
    error_message = "Sources are ids of contracts: lower-case letters, digits and underscores."
  }
}

variable "secret_key" {
  description = "Key that encrypts the secrets, null for Google's."
  type        = string
  default     = null
}

variable "ui_members" {
  description = "Who may open the UI: user:, group:, serviceAccount: or domain: members."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for member in var.ui_members : can(regex("^(user|group|serviceAccount|domain):.+$", member))])
    error_message = "Write user:ann@example.com, group:data@example.com or domain:example.com; allUsers is nobody's business."
  }
}

variable "ui_always_on" {
  description = "Keep one instance of the UI running; otherwise it starts when it is opened, in half a minute."
  type        = bool
  default     = true
}

variable "ingress" {
  description = "From where the UI can be reached, always through IAP."
  type        = string
  default     = "INGRESS_TRAFFIC_ALL"

  validation {
    condition     = contains(["INGRESS_TRAFFIC_ALL", "INGRESS_TRAFFIC_INTERNAL_ONLY", "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER"], var.ingress)
    error_message = "One of INGRESS_TRAFFIC_ALL, INGRESS_TRAFFIC_INTERNAL_ONLY, INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER."
  }
}

variable "launch_stage" {
  description = "Which of Cloud Run's features may be used: worker pools and IAP without a load balancer are newer than the rest."
  type        = string
  default     = "BETA"

  validation {
    condition     = contains(["GA", "BETA"], var.launch_stage)
    error_message = "GA or BETA."
  }
}

variable "run_cpu" {
  description = "Processors of the code server in which runs are processes."
  type        = string
  default     = "2"

  validation {
    condition     = contains(["1", "2", "4", "6"], var.run_cpu)
    error_message = "1, 2, 4 or 6: an instance has 8 at most, and the daemon beside it takes one."
  }
}

variable "run_memory" {
  description = "Memory of the same."
  type        = string
  default     = "4Gi"

  validation {
    condition     = can(regex("^[1-9][0-9]*Gi$", var.run_memory))
    error_message = "Whole GiB: 4Gi."
  }
  # https://cloud.google.com/run/docs/configuring/services/memory-limits: much memory takes many processors, and the reverse.
  validation {
    condition = try(
      tonumber(trimsuffix(var.run_memory, "Gi")) <= lookup({ "1" = 4, "2" = 8, "4" = 16 }, var.run_cpu, 24)
      && tonumber(trimsuffix(var.run_memory, "Gi")) >= lookup({ "4" = 2, "6" = 4 }, var.run_cpu, 1), true
    )
    error_message = "Cloud Run gives 1, 2, 4 or 6 processors at most 4, 8, 16 or 24 GiB; four need 2Gi at least, six 4Gi."
  }
}

variable "database_tier" {
  description = "Machine of Dagster's database: db-f1-micro, or db-custom-<vCPUs>-<MB>."
  type        = string
  default     = "db-custom-1-3840"

  validation {
    condition     = can(regex("^db-(f1-micro|g1-small|custom-[0-9]+-[0-9]+)$", var.database_tier))
    error_message = "db-f1-micro, db-g1-small or db-custom-<vCPUs>-<MB>."
  }
}

variable "database_high_availability" {
  description = "A second machine in another zone, which takes over by itself; doubles the price."
  type        = bool
  default     = false
}

variable "database_key" {
  description = "Key that encrypts the database, null for Google's."
  type        = string
  default     = null
}

variable "backup_location" {
  description = "Region or multi-region of the backups, null for the nearest multi-region."
  type        = string
  default     = null

  validation {
    condition     = var.backup_location == null || contains(["eu", "us", "asia"], coalesce(var.backup_location, "-")) || can(regex("^[a-z]+-[a-z]+[0-9]+$", var.backup_location))
    error_message = "eu, us, asia or a region such as europe-west4."
  }
}

variable "deletion_protection" {
  description = "Refuse to delete the database and the services."
  type        = bool
  default     = true
}
