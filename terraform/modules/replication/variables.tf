variable "project" {
  description = "The project that owns the streams."
  type        = string
}

variable "region" {
  description = "Where Datastream runs: near the source databases."
  type        = string
}

variable "name" {
  description = "What the names of secrets and of the private connection begin with."
  type        = string
  default     = "sluice"
}

variable "sources" {
  description = "Sources with a database (modules/contracts): source id -> {database = {type, schema}, tables = [...]} with the tables' names in the source, in the contract's order."
  type = map(object({
    database = object({ type = string, schema = string })
    tables   = list(string)
  }))
}

variable "connections" {
  description = "Source id -> where its database is. A source without a connection is not replicated."
  type = map(object({
    hostname       = string
    port           = optional(number)
    database       = string
    username       = optional(string, "datastream")
    secret         = optional(bool, true) # whether the password is in Secret Manager; false: the database asks for none
    ca_certificate = optional(string)     # PEM; null: not encrypted, for a private connection alone
    state          = optional(string, "RUNNING")
  }))
  default = {}

  validation {
    condition     = alltrue([for connection in values(var.connections) : contains(["NOT_STARTED", "RUNNING", "PAUSED"], connection.state)])
    error_message = "A stream's state is NOT_STARTED, RUNNING or PAUSED."
  }
  validation {
    condition     = alltrue([for connection in values(var.connections) : connection.port == null || try(connection.port > 0 && connection.port < 65536, false)])
    error_message = "A port is between 1 and 65535."
  }
  validation {
    condition     = alltrue([for connection in values(var.connections) : !strcontains(connection.hostname, "/") && connection.hostname != ""])
    error_message = "A hostname is a name or an address, not a URL."
  }
  validation {
    condition     = length(setsubtract(keys(var.connections), keys(var.sources))) == 0
    error_message = "A connection names a source that no contract describes with a database and `capture: cdc`."
  }
}

variable "landing_bucket" {
  description = "The bucket in which change files land."
  type        = string
}

variable "private_range" {
  description = "A free /29 range by which Datastream reaches the network; null: it comes from Google's public addresses, which the database must let in."
  type        = string
  default     = null

  validation {
    condition     = var.private_range == null || (can(cidrhost(var.private_range, 0)) && endswith(coalesce(var.private_range, "-"), "/29"))
    error_message = "Write an IPv4 range of eight addresses: 10.22.0.0/29."
  }
}

variable "network_id" {
  description = "The network with the databases; needed with private_range."
  type        = string
  default     = null
}

variable "agent" {
  description = "E-mail of the account by which Datastream reads the secrets."
  type        = string
  default     = null
}

variable "kms_key" {
  description = "Key that encrypts what a stream holds; null: Google's own."
  type        = string
  default     = null
}

variable "secret_key" {
  description = "Key that encrypts the passwords; null: Google's own."
  type        = string
  default     = null
}

variable "rotation_seconds" {
  description = "How long a change waits at most until its file is closed: freshness against the number of files."
  type        = number
  default     = 60

  validation {
    condition     = var.rotation_seconds >= 15 && var.rotation_seconds <= 60
    error_message = "Datastream closes a file after 15 to 60 seconds."
  }
}

variable "rotation_megabytes" {
  description = "Size at which a file is closed."
  type        = number
  default     = 64

  validation {
    condition     = var.rotation_megabytes >= 1 && var.rotation_megabytes <= 100
    error_message = "1 to 100 MB."
  }
}

variable "backfill_tasks" {
  description = "How many tables a first copy reads at once: the load on the source."
  type        = number
  default     = 4

  validation {
    condition     = var.backfill_tasks >= 1 && var.backfill_tasks <= 50
    error_message = "1 to 50 tasks."
  }
}
